import { z } from 'zod'

import { budgetErrors } from '../budgets/errors.ts'
import { BillingType } from '../costs/schema.ts'
import { Id, IsoTime, jsonObject } from '../kernel/schema.ts'
import { FailureClass, KeptOutcome, RunOutcome } from '../ports/run-contract.ts'

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

export const AdapterReason = z
  .enum(['first_choice', 'profile', 'cooling', 'failed_before', 'probe'])
  .describe(
    'first_choice: its own adapter; profile: the task asks for it; cooling: those before it are left alone for a while; failed_before: another one failed in the attempt before; probe: tries whether the provider works again.',
  )
export type AdapterReason = z.infer<typeof AdapterReason>

const RunAdapter = z.object({
  type: z.string(),
  provider: z.string().nullable(),
  place: z.string().describe("Where it stands in the agent's configuration: own, primary, cheap, fallback_1, fallback_2 …"),
  reason: AdapterReason,
})

/** Beyond what anybody consumes, and far from where sums of it cannot be counted any more. */
export const mostConsumed = 2 ** 46
const Consumed = z.number().int().min(0).max(mostConsumed).optional()

export const Usage = z.strictObject({
  provider: z.string().max(200).optional().describe('Who is paid for it, such as `anthropic`; whom the adapter depends on when left out.'),
  model: z.string().max(200).optional(),
  inputTokens: Consumed,
  outputTokens: Consumed,
  cachedInputTokens: Consumed,
  cacheWriteTokens: Consumed.describe('Of the input, what the provider keeps for later calls.'),
  costMicros: Consumed.describe('Micro-dollars; worked out by the price of the model when left out.'),
  billingType: BillingType.optional(),
  cumulative: z
    .boolean()
    .optional()
    .describe('The amounts are those of the whole conversation so far; what it was charged before is taken off.'),
})

export const Session = jsonObject.nullable().describe('What the next run of this agent for this task is to go on from; null to begin anew.')

/** Which run is to start, and where. */
export const Claim = z.strictObject({
  runId: Id,
  workerId: z.string().min(1).max(200),
  adapters: z.array(z.string()).optional().describe('What the worker can execute; left out, what this engine can.'),
})

const refusalCodes = Object.values(budgetErrors).map(({ code }) => code)

/** How a run ends, and what it leaves. */
export const Report = z.strictObject({
  runId: Id,
  outcome: RunOutcome,
  usage: Usage.optional(),
  session: Session.optional(),
  isOverBudget: z.boolean().optional().describe('With a failure of class quota: a budget over it is to blame, and not its provider.'),
  budgetId: Id.optional().describe('The budget that did not allow a call, as the refusal named it.'),
  isUnpriced: z
    .boolean()
    .optional()
    .describe(
      'Under a hard limit it used what nobody knows the price of: its agent starts nothing more until somebody has looked at it. Only a worker says this.',
    ),
  refusalCode: z
    .enum(refusalCodes)
    .optional()
    .describe('With a failure: the error of Engine that its call was refused by. Only a worker says this, whose runs Engine executes.'),
})

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
    adapter: RunAdapter.nullable().describe('What executes it, and why that; null when nobody of ours does, and while it is queued.'),
    availableAt: IsoTime.describe('A queued run does not start before.'),
    outcome: KeptOutcome.nullable(),
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

/** A run that was claimed; there is no credential when it would only have gone in circles. */
export const ClaimedRun = z.object({ run: Run, credential: z.string().nullable() })

/** What comes after a run, or before it starts: by itself, or by whom. */
export const RunNext = z
  .object({
    kind: z
      .enum(['starts', 'waits', 'retry', 'followed', 'blocked', 'open', 'over'])
      .describe(
        'starts: it is queued; waits: for an answer; retry: another run is queued; followed: another run did or does the work; blocked: somebody has to unblock the task; open: the task is open, and nothing starts by itself; over: the task has ended.',
      ),
    message: z.string().describe('What will happen and, where it needs somebody, who and what would help.'),
    at: IsoTime.nullable().describe('Not before then, for starts and retry.'),
    runId: Id.nullable().describe('The other run, for retry and followed.'),
    owner: z.string().nullable().describe('Who can unblock it, for blocked; who can let its agent go on, where that is in error.'),
    code: z.string().nullable().describe('What keeps it from starting now, as the code that a checkout would answer with.'),
  })
  .meta({ id: 'RunNext' })
export type RunNext = z.infer<typeof RunNext>

export const RunWithNext = Run.extend({
  next: RunNext.nullable().describe('What happens next; null for a run that is under way, or ended as it should.'),
}).meta({ id: 'RunWithNext' })

export const RunShown = RunWithNext.extend({
  held: z
    .object({ costMicros: z.number().int(), tokens: z.number().int() })
    .nullable()
    .describe('What is set aside for it by hard limits and not used yet; null when nothing is.'),
}).meta({ id: 'RunShown' })

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
