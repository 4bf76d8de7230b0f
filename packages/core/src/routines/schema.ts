import { z } from 'zod'

import { pageOf } from '../kernel/page.ts'
import { Id, IsoTime, LongText, Name } from '../kernel/schema.ts'
import { Labels, TaskInput, TaskPriority } from '../tasks/schema.ts'

export const RoutineStatus = z.enum(['active', 'paused', 'archived'])
export type RoutineStatus = z.infer<typeof RoutineStatus>

const Concurrency = z
  .enum(['coalesce', 'always', 'skip'])
  .describe(
    'What a fire does while a task of the routine is open: `coalesce` wakes that one with a note, `always` makes another, `skip` does nothing.',
  )
export type Concurrency = z.infer<typeof Concurrency>

const CatchUp = z
  .enum(['skip', 'once', 'all'])
  .describe('What becomes of times that were missed because nothing ran: nothing, one fire for all of them, or one each (25 at most).')
export type CatchUp = z.infer<typeof CatchUp>

export const DayText = z.iso.date()
const Scalar = z.union([z.string().max(8_192), z.number(), z.boolean()])

/** The values of variables by their names. */
export const Values = z.record(z.string(), Scalar)
export type Values = z.infer<typeof Values>

const VariableName = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'a letter, then letters, digits and _')

const VariableFields = {
  name: VariableName,
  type: z.enum(['text', 'number', 'boolean', 'select', 'date']),
  description: z.string().trim().max(500).nullable(),
  isRequired: z.boolean(),
  default: Scalar.nullable(),
  options: z.array(z.string().min(1).max(200)).min(1).max(50).nullable().describe('What a select can be.'),
}
const Variable = z.object(VariableFields).meta({ id: 'RoutineVariable' })
export type Variable = z.infer<typeof Variable>

const VariableInput = z.strictObject({
  ...VariableFields,
  description: VariableFields.description.default(null),
  isRequired: VariableFields.isRequired.default(false),
  default: VariableFields.default.default(null),
  options: VariableFields.options.default(null),
})

const TaskTemplateInput = z.strictObject({
  title: TaskInput.title.describe('May hold variables, as may the description, tags and acceptance criteria: `Report of {{month}}`.'),
  description: LongText.nullable().optional(),
  priority: TaskPriority.optional(),
  assigneeAgentId: Id.nullable().optional().describe('Left out, each task is routed.'),
  projectId: Id.nullable().optional(),
  goalId: Id.nullable().optional(),
  tags: TaskInput.tags,
  labels: Labels.optional(),
  requiredCapabilities: TaskInput.requiredCapabilities,
  acceptanceCriteria: TaskInput.acceptanceCriteria,
})
export type TaskTemplate = z.infer<typeof TaskTemplateInput>

/** Labels by their ids. */
const TaskTemplateShown = z.object(TaskTemplateInput.shape).meta({ id: 'RoutineTask' })

export const RoutineInput = {
  name: Name.describe('Unique among the routines of the company that are not archived, whatever its case.'),
  description: LongText.nullable().optional(),
  task: TaskTemplateInput.describe('What each task of it is; replaced as a whole.'),
  variables: z.array(VariableInput).max(20).optional(),
  concurrency: Concurrency.optional(),
  catchUp: CatchUp.optional(),
}

export const Routine = z
  .object({
    id: Id,
    companyId: Id,
    name: z.string(),
    description: z.string().nullable(),
    status: RoutineStatus,
    pauseReason: z.string().nullable(),
    task: TaskTemplateShown,
    variables: z.array(Variable),
    concurrency: Concurrency,
    catchUp: CatchUp,
    failuresInARow: z.number().int().describe('Fires since the last one that did not fail; the tenth failure pauses the routine.'),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Routine' })
export type Routine = z.infer<typeof Routine>

const TriggerKind = z.enum(['cron', 'webhook'])

export const Scheme = z
  .enum(['standard', 'github', 'bearer'])
  .describe(
    '`standard`: Standard Webhooks, an HMAC over id, time and body. `github`: as GitHub signs. `bearer`: the key itself, in the header Authorization.',
  )
export type Scheme = z.infer<typeof Scheme>

const pathSegment = /^(?!__)[^.]{1,100}$/
const FieldPath = z
  .string()
  .max(400)
  .refine((path) => path.split('.').length <= 10 && path.split('.').every((name) => pathSegment.test(name)), 'names with dots between them')
const MappingSchema = z.record(VariableName, FieldPath).describe('Which field of the JSON body becomes which variable.')

export const TriggerInput = {
  isEnabled: z.boolean().optional(),
  expression: z.string().trim().min(1).max(200).optional().describe('For a cron: minute, hour, day of the month, month, day of the week.'),
  timeZone: z.string().trim().min(1).max(64).optional().describe('For a cron: an IANA name; UTC when left out.'),
  windowSec: z.number().int().min(30).max(86_400).optional().describe('For `standard`: how old a delivery may be; 300 when left out.'),
  mapping: MappingSchema.optional(),
}

export const NewTriggerInput = { kind: TriggerKind, scheme: Scheme.optional().describe('For a webhook.'), ...TriggerInput }

export const Trigger = z
  .object({
    id: Id,
    companyId: Id,
    routineId: Id,
    kind: TriggerKind,
    isEnabled: z.boolean(),
    expression: z.string().nullable(),
    timeZone: z.string().nullable(),
    nextAt: IsoTime.nullable().describe('When it fires next; null while it or its routine is not at work.'),
    scheme: Scheme.nullable(),
    windowSec: z.number().int().nullable(),
    mapping: MappingSchema.nullable(),
    path: z.string().nullable().describe('Where deliveries are sent.'),
    previousKeyUntil: IsoTime.nullable().describe('Until when the key before the last rotation counts too.'),
    lastFiredAt: IsoTime.nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Trigger' })
export type Trigger = z.infer<typeof Trigger>

export const TriggerWithKey = Trigger.extend({
  key: z.string().nullable().describe('Shown only here; null for a cron.'),
}).meta({ id: 'TriggerWithKey' })

export const FireStatus = z.enum(['created', 'coalesced', 'skipped', 'failed'])
export type FireStatus = z.infer<typeof FireStatus>
export const FireSource = z.enum(['cron', 'webhook', 'api'])
export type FireSource = z.infer<typeof FireSource>

export const Fire = z
  .object({
    id: Id,
    companyId: Id,
    routineId: Id,
    triggerId: Id.nullable(),
    source: FireSource,
    scheduledFor: IsoTime.nullable(),
    deliveryId: z.string().nullable(),
    status: FireStatus,
    reason: z.string().nullable().describe('Why it failed or was skipped.'),
    taskId: Id.nullable().describe('The task that it made, or woke.'),
    variables: Values,
    createdAt: IsoTime,
  })
  .meta({ id: 'RoutineFire' })
export type Fire = z.infer<typeof Fire>

export const RoutinePage = pageOf(Routine)
export const TriggerPage = pageOf(Trigger)
export const FirePage = pageOf(Fire)
