import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
import { FireSource, FireStatus, RoutineStatus } from './schema.ts'

/** For whom and where its tasks are made. */
const ofRoutine = { projectId: Id.nullable(), agentId: Id.nullable() }
const ofTrigger = { ...ofRoutine, routineId: Id, kind: z.enum(['cron', 'webhook']) }
const ofFire = { ...ofRoutine, fireId: Id, source: FireSource, triggerId: Id.nullable(), scheduledFor: IsoTime.nullable() }

export const routineEvents = {
  'routine.created': z.object({ ...ofRoutine, name: z.string(), status: RoutineStatus }),
  'routine.updated': z.object({ ...ofRoutine, changed: z.array(z.string()) }),
  'routine.status_changed': z.object({ ...ofRoutine, from: RoutineStatus, to: RoutineStatus, reason: z.string().nullable() }),
  /** `taskId` is the task that was made, or the open one that was woken or left alone. */
  'routine.fired': z.object({ ...ofFire, status: FireStatus.exclude(['failed']), taskId: Id.nullable() }),
  /** `failures` counts those in a row. */
  'routine.fire_failed': z.object({ ...ofFire, code: z.string(), reason: z.string(), failures: z.number() }),
  'routine.trigger_added': z.object(ofTrigger),
  'routine.trigger_updated': z.object({ ...ofTrigger, changed: z.array(z.string()) }),
  'routine.trigger_removed': z.object(ofTrigger),
  'routine.trigger_rotated': z.object({ ...ofTrigger, previousUntil: IsoTime }),
}
