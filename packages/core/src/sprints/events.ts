import { z } from 'zod'

import { SprintStatus } from './schema.ts'

const about = { projectId: z.string().nullable() }

export const sprintEvents = {
  'sprint.created': z.object({ ...about, name: z.string() }),
  'sprint.updated': z.object({ ...about, changed: z.array(z.string()) }),
  /** `openTasks` are those of it that were neither done nor cancelled at that moment. */
  'sprint.status_changed': z.object({ ...about, from: SprintStatus, to: SprintStatus, openTasks: z.number() }),
}
