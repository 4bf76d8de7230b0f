import { z } from 'zod'

import { SprintStatus } from './schema.ts'

export const sprintEvents = {
  'sprint.created': z.object({ name: z.string(), projectId: z.string().nullable() }),
  'sprint.updated': z.object({ changed: z.array(z.string()) }),
  /** `openTasks` are those of it that were neither done nor cancelled at that moment. */
  'sprint.status_changed': z.object({ from: SprintStatus, to: SprintStatus, openTasks: z.number() }),
}
