import { z } from 'zod'

import { Id, IsoTime, jsonObject } from '../kernel/schema.ts'
import { FailureClass, RunOutcome } from '../ports/run-contract.ts'
export const RunStatus = z.enum(['queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled', 'timed_out', 'lost'])
export type RunStatus = z.infer<typeof RunStatus>

export const WakeReason = z.enum([
  'assignment',
  'timer',
  'comment',
  'approval',
  'answer',
  'blockers_resolved',
  'retry',
  'routine',
  'manual',
  'message',
])
export type WakeReason = z.infer<typeof WakeReason>

export const Usage = z.strictObject({
  inputTokens: z.number().int().min(0).optional(),
  outputTokens: z.number().int().min(0).optional(),
  cachedInputTokens: z.number().int().min(0).optional(),
  costMicros: z.number().int().min(0).optional().describe('Micro-dollars.'),
})

export const Session = jsonObject.nullable().describe('What the next run of this agent for this task is to go on from; null to begin anew.')

export const Run = z
  .object({
    id: Id,
    companyId: Id,
    agentId: Id,
    taskId: Id,
    status: RunStatus,
    wakeReasons: z.array(WakeReason),
    attempt: z.number().int(),
    retryOf: Id.nullable(),
    fence: z.number().int().nullable().describe('The number of the checkout that this run acts under.'),
    workerId: z.string().nullable(),
    availableAt: IsoTime.describe('A queued run does not start before.'),
    outcome: RunOutcome.nullable(),
    errorClass: FailureClass.nullable(),
    errorMessage: z.string().nullable(),
    usage: z.object({
      inputTokens: z.number().int(),
      outputTokens: z.number().int(),
      cachedInputTokens: z.number().int(),
      costMicros: z.number().int(),
    }),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
    startedAt: IsoTime.nullable(),
    finishedAt: IsoTime.nullable(),
  })
  .meta({ id: 'Run' })
export type Run = z.infer<typeof Run>

export const LogChunk = z
  .object({
    sequence: z.number().int(),
    stream: z.enum(['stdout', 'stderr', 'system']),
    text: z.string(),
    at: IsoTime,
    droppedBytes: z.number().int().describe('How much of the log that stood in front of this chunk is not kept.'),
  })
  .meta({ id: 'LogChunk' })
export type LogChunk = z.infer<typeof LogChunk>
