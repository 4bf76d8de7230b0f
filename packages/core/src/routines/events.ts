import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'
import { FireSource, FireStatus, RoutineStatus } from './schema.ts'

const ofTrigger = { routineId: Id, kind: z.enum(['cron', 'webhook']) }
const ofFire = { fireId: Id, source: FireSource, triggerId: Id.nullable(), scheduledFor: IsoTime.nullable() }

export const routineEvents = {
  'routine.created': z.object({ name: z.string(), status: RoutineStatus }),
  'routine.updated': z.object({ changed: z.array(z.string()) }),
  'routine.status_changed': z.object({ from: RoutineStatus, to: RoutineStatus, reason: z.string().nullable() }),
  /** `taskId` is the task that was made, or the open one that was woken or left alone. */
  'routine.fired': z.object({ ...ofFire, status: FireStatus.exclude(['failed']), taskId: Id.nullable() }),
  /** `failures` counts those in a row. */
  'routine.fire_failed': z.object({ ...ofFire, code: z.string(), reason: z.string(), failures: z.number() }),
  'routine.trigger_added': z.object(ofTrigger),
  'routine.trigger_updated': z.object({ ...ofTrigger, changed: z.array(z.string()) }),
  'routine.trigger_removed': z.object(ofTrigger),
  'routine.trigger_rotated': z.object({ ...ofTrigger, previousUntil: IsoTime }),
}
