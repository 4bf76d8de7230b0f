import { z } from 'zod'

import { assertVersion, changedFields, fieldNames } from '../../kernel/change.ts'
import { command, type CommandContext } from '../../kernel/command.ts'
import { notFound, ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { isoTime } from '../../ports/clock.ts'
import { aboutRoutine, assertAlive, changeTrigger, nextTimeOf, requireRoutine, triggerRef } from '../change.ts'
import { assertDefaults, assertMapped } from '../configure.ts'
import { readLiveSchedule } from '../cron.ts'
import { newTriggerKey, previousKeyMs, type TriggerKey } from '../keys.ts'
import { NewTriggerInput, Trigger, TriggerInput, TriggerWithKey } from '../schema.ts'
import { findTrigger, insertTrigger, triggersOf } from '../sql.ts'
import { toRoutine, toTrigger, type RoutineTable, type RoutineTriggerTable } from '../table.ts'

const mostTriggers = 20
const defaultWindowSec = 300

type Fields = z.output<z.ZodObject<typeof NewTriggerInput>>

export const addTrigger = command({
  title: 'Let something trigger a routine: a schedule, or deliveries of another system',
  description: 'The key of a webhook is shown in this answer only.',
  input: z.strictObject({ routineId: Id, ...NewTriggerInput }),
  output: TriggerWithKey,
  access: { scope: 'routines:manage', company: 'routine' },
  http: ['POST', '/routines/:routineId/triggers'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  async prepare(context, { scheme }): Promise<{ id: string; key: TriggerKey | null }> {
    const id = context.newId()
    return { id, key: scheme ? await newTriggerKey(context, { triggerId: id, scheme }) : null }
  },
  async handle(context, input, { id, key }) {
    const routine = await requireRoutine(context, input.routineId)
    assertAlive(routine)
    const others = await triggersOf(context.tx, { companyId: context.companyId, routineId: routine.id })
    if (others.length >= mostTriggers)
      throw ruleViolated(`A routine has at most ${mostTriggers} triggers; remove one first.`, { most: mostTriggers })
    assertKind(input)
    const columns = columnsOf(context, { routine, fields: input, isEnabled: input.isEnabled !== false })
    const row: RoutineTriggerTable = {
      id,
      company_id: context.companyId,
      routine_id: routine.id,
      kind: input.kind,
      scheme: input.scheme ?? null,
      key_text: key?.text ?? null,
      previous_key_text: null,
      previous_until: null,
      last_fired_at: null,
      removed_at: null,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
      ...columns,
    }
    await insertTrigger(context.tx, row)
    context.emit('routine.trigger_added', triggerRef(row), about(row, routine))
    return { ...toTrigger(row, context.now), key: key?.key ?? null }
  },
})

/** Fields of the other kind are no slip that should go unnoticed. */
function assertKind({ kind, scheme, expression, timeZone, windowSec, mapping }: Partial<Fields>): void {
  const ofOther = kind === 'cron' ? { scheme, windowSec, mapping } : { expression, timeZone }
  const stray = Object.entries(ofOther).find(([, value]) => value !== undefined)
  if (stray) throw ruleViolated(`${stray[0]}: a ${kind} has none.`, { kind: kind ?? '' })
  if (kind === 'cron' && expression === undefined) throw ruleViolated('expression: a cron needs one, such as "0 9 * * 1-5".')
  if (kind === 'webhook' && scheme === undefined) throw ruleViolated('scheme: a webhook needs one: standard, github or bearer.')
  if (windowSec !== undefined && scheme !== 'standard')
    throw ruleViolated('windowSec: only deliveries of the scheme standard say their time.')
}

interface Configuration {
  readonly routine: RoutineTable
  readonly fields: Pick<Fields, 'kind' | 'scheme' | 'expression' | 'timeZone' | 'windowSec' | 'mapping'>
  readonly isEnabled: boolean
}

/** What the fields of a trigger are as columns. @throws `rule_violated` for a schedule or a mapping that does not fit */
function columnsOf(context: CommandContext, { routine, fields, isEnabled }: Configuration) {
  const { kind, expression = '', timeZone = 'UTC', mapping = {}, windowSec = defaultWindowSec } = fields
  const isCron = kind === 'cron'
  const { variables } = toRoutine(routine)
  if (isCron) {
    readLiveSchedule({ expression, timeZone }, context.now)
    assertDefaults(variables)
  } else assertMapped(variables, mapping)
  const columns = {
    is_enabled: isEnabled ? 1 : 0,
    expression: isCron ? expression : null,
    time_zone: isCron ? timeZone : null,
    window_sec: fields.scheme === 'standard' ? windowSec : null,
    mapping: JSON.stringify(mapping),
  }
  return { ...columns, next_at: nextTimeOf(columns, { status: routine.status, after: context.now }) }
}

const access = { scope: 'routines:manage', company: 'trigger' } as const

export const updateTrigger = command({
  title: 'Change what triggers a routine, or switch it off and on',
  description: 'Only what is named changes; `mapping` is replaced as a whole. A schedule goes on with its first time from now.',
  input: z.strictObject({ triggerId: Id, version: z.number().int().optional(), ...TriggerInput }),
  output: Trigger,
  access,
  http: ['PATCH', '/triggers/:triggerId'],
  async handle(context, input) {
    const { trigger, routine } = await requireTrigger(context, input.triggerId)
    assertVersion('trigger', trigger, input.version)
    assertAlive(routine)
    const { isEnabled, expression, timeZone, windowSec, mapping } = input
    const named = changedFields({ isEnabled, expression, timeZone, windowSec, mapping })
    const present = toTrigger(trigger, context.now)
    const fields = { kind: trigger.kind, ...(trigger.scheme && { scheme: trigger.scheme }), ...named }
    assertKind({ ...fields, ...(trigger.kind === 'cron' && { expression: expression ?? present.expression ?? '' }) })
    const columns = columnsOf(context, {
      routine,
      fields: { ...configured(present), ...fields },
      isEnabled: isEnabled ?? present.isEnabled,
    })
    const next = await changeTrigger(context, trigger, columns)
    context.emit('routine.trigger_updated', triggerRef(next), { ...about(next, routine), changed: fieldNames(named) })
    return toTrigger(next, context.now)
  },
})

/** What a trigger is configured to be already, as callers would write it. */
function configured({ expression, timeZone, windowSec, mapping }: Trigger) {
  return {
    ...(expression !== null && { expression }),
    ...(timeZone !== null && { timeZone }),
    ...(windowSec !== null && { windowSec }),
    ...(mapping !== null && { mapping }),
  }
}

export const removeTrigger = command({
  title: 'Take away what triggers a routine',
  description: 'What it fired stays in the list of fires. Its key opens nothing any more.',
  input: z.strictObject({ triggerId: Id, version: z.number().int().optional() }),
  output: Trigger,
  access,
  http: ['DELETE', '/triggers/:triggerId'],
  async handle(context, input) {
    const { trigger, routine } = await requireTrigger(context, input.triggerId)
    assertVersion('trigger', trigger, input.version)
    const next = await changeTrigger(context, trigger, {
      is_enabled: 0,
      next_at: null,
      key_text: null,
      previous_key_text: null,
      previous_until: null,
      removed_at: context.now,
    })
    context.emit('routine.trigger_removed', triggerRef(next), about(next, routine))
    return toTrigger(next, context.now)
  },
})

export const rotateTrigger = command({
  title: 'Give a webhook another key',
  description: 'The one before counts for 24 more hours; the one before that ends at once.',
  input: z.strictObject({ triggerId: Id }),
  output: TriggerWithKey,
  access,
  http: ['POST', '/triggers/:triggerId/rotate'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  async prepare(context, { triggerId }): Promise<TriggerKey> {
    const scheme = (await findTrigger(context.db, triggerId))?.scheme
    if (!scheme) throw ruleViolated('Only a webhook has a key.')
    return newTriggerKey(context, { triggerId, scheme })
  },
  async handle(context, input, { key, text }) {
    const { trigger, routine } = await requireTrigger(context, input.triggerId)
    assertAlive(routine)
    const previousUntil = isoTime(Date.parse(context.now) + previousKeyMs)
    const next = await changeTrigger(context, trigger, {
      key_text: text,
      previous_key_text: trigger.key_text,
      previous_until: previousUntil,
    })
    context.emit('routine.trigger_rotated', triggerRef(next), { ...about(next, routine), previousUntil })
    return { ...toTrigger(next, context.now), key }
  },
})

async function requireTrigger(
  context: CommandContext,
  triggerId: string,
): Promise<{ trigger: RoutineTriggerTable; routine: RoutineTable }> {
  const trigger = await findTrigger(context.tx, triggerId)
  if (trigger?.company_id !== context.companyId) throw notFound('trigger', triggerId)
  return { trigger, routine: await requireRoutine(context, trigger.routine_id) }
}

function about(trigger: RoutineTriggerTable, routine: RoutineTable) {
  return { ...aboutRoutine(routine), routineId: trigger.routine_id, kind: trigger.kind }
}
