import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const WorkerStatus = z
  .enum(['active', 'draining', 'stopped', 'lost'])
  .describe('draining: takes no new runs. lost: gave no sign of life for so long that its runs are taken back; it may come back.')
export type WorkerStatus = z.infer<typeof WorkerStatus>

export const Worker = z
  .object({
    id: Id,
    name: z.string(),
    host: z.string().describe('The name of its machine.'),
    pid: z.number().int(),
    engineVersion: z.string(),
    adapters: z.array(z.string()).describe('Ways to execute an agent that it has; it takes runs of no others.'),
    capacity: z.number().int().describe('How many runs it executes at once.'),
    liveRuns: z.number().int().describe('How many it has leases for.'),
    status: WorkerStatus,
    changedBy: z.string().describe('Who gave it its status: the id of a person, `system`, or `worker` for itself.'),
    changedAt: IsoTime,
    startedAt: IsoTime,
    seenAt: IsoTime.describe('Its last sign of life.'),
    nodeKeyId: Id.nullable().describe('The key that it registered with, for a node; null for a process that has the database.'),
  })
  .meta({ id: 'Worker' })
export type Worker = z.infer<typeof Worker>

/** What a process says of itself when it begins to execute runs. */
export const WorkerDescription = z.strictObject({
  workerId: Id,
  name: z.string().min(1).max(200),
  host: z.string().max(255),
  pid: z.number().int(),
  engineVersion: z.string().max(100),
  adapters: z.array(z.string().max(200)),
  capacity: z.number().int().min(0),
})
export type WorkerDescription = z.infer<typeof WorkerDescription>
