import { z } from 'zod'

import { FailureClass } from '../ports/run-contract.ts'
import { WakeReason } from './schema.ts'

const about = { taskId: z.string(), agentId: z.string(), attempt: z.number() }

export const runEvents = {
  'run.queued': z.object({ ...about, reasons: z.array(WakeReason), availableAt: z.string() }),
  /** `adapterType` is what executes it, when a worker of ours does. */
  'run.started': z.object({ ...about, fence: z.number(), workerId: z.string(), adapterType: z.string().optional() }),
  /** It waits for an answer to the interaction; told again when it has one reason more to go on. */
  'run.waiting': z.object({ ...about, reasons: z.array(WakeReason), interactionId: z.string().nullable() }),
  'run.succeeded': z.object({ ...about, outcome: z.string() }),
  'run.failed': z.object({ ...about, class: FailureClass, message: z.string() }),
  'run.timed_out': z.object({ ...about, class: FailureClass, message: z.string() }),
  'run.cancelled': z.object({ ...about, reason: z.string() }),
  /** An agent elsewhere said something of it; the worker that executes it reads what. */
  'run.called_back': z.object({ ...about, deliveryId: z.string() }),
  'run.lost': z.object({ ...about, expiredAt: z.string() }),
}
