import { z } from 'zod'

import { GoalLevel, GoalStatus } from './schema.ts'

export const goalEvents = {
  'goal.created': z.object({ title: z.string(), level: GoalLevel }),
  'goal.updated': z.object({ changed: z.array(z.string()) }),
  'goal.status_changed': z.object({ from: GoalStatus, to: GoalStatus }),
}
