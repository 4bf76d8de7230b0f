import { z } from 'zod'

import { assertVersion, changedFields, fieldNames } from '../../kernel/change.ts'
import { command } from '../../kernel/command.ts'
import { ruleViolated } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import { nameKey } from '../../labels/table.ts'
import { aboutRoutine, assertAlive, changeRoutine, moveRoutine, requireRoutine, routineRef } from '../change.ts'
import { assertConsistent, assertTriggersFit, templateColumns } from '../configure.ts'
import { Routine, RoutineInput } from '../schema.ts'
import { countRoutines, insertRoutine } from '../sql.ts'
import { toRoutine, toTemplate, type RoutineTable } from '../table.ts'

const mostRoutines = 1_000

export const create = command({
  title: 'Make a routine: work that comes again',
  description: 'It does nothing before it has a trigger or is fired by a call.',
  input: z.strictObject({ companyId: Id, ...RoutineInput }),
  output: Routine,
  access: { scope: 'routines:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/routines'],
  creates: true,
  async handle(context, input) {
    const { variables = [] } = input
    assertConsistent(input.task, variables)
    if ((await countRoutines(context.tx, context.companyId)) >= mostRoutines)
      throw ruleViolated(`This company has ${mostRoutines} routines already; archive one first.`, { most: mostRoutines })
    const row: RoutineTable = {
      id: context.newId(),
      company_id: context.companyId,
      name: input.name,
      name_key: nameKey(input.name),
      description: input.description ?? null,
      status: 'active',
      pause_reason: null,
      ...(await templateColumns(context, input.task)),
      variables: JSON.stringify(variables),
      concurrency: input.concurrency ?? 'coalesce',
      catch_up: input.catchUp ?? 'once',
      failures: 0,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await insertRoutine(context.tx, row)
    context.emit('routine.created', routineRef(row), { ...aboutRoutine(row), name: row.name, status: row.status })
    return toRoutine(row)
  },
})

export const update = command({
  title: 'Change a routine',
  description: 'Only what is named changes; `task` and `variables` are replaced as a whole. Tasks that it made stay as they are.',
  input: z.strictObject({ routineId: Id, version: z.number().int().optional(), ...z.object(RoutineInput).partial().shape }),
  output: Routine,
  access: { scope: 'routines:manage', company: 'routine' },
  http: ['PATCH', '/routines/:routineId'],
  async handle(context, input) {
    const routine = await requireRoutine(context, input.routineId)
    assertVersion('routine', routine, input.version)
    assertAlive(routine)
    const { name, variables } = input
    const changes = changedFields({
      name,
      description: input.description,
      ...(input.task && (await templateColumns(context, input.task))),
      variables: variables && JSON.stringify(variables),
      concurrency: input.concurrency,
      catch_up: input.catchUp,
    })
    const declared = variables ?? toRoutine(routine).variables
    assertConsistent(input.task ?? toTemplate(routine), declared)
    if (variables) await assertTriggersFit(context, routine.id, declared)
    const next = await changeRoutine(context, routine, { ...changes, ...(name !== undefined && { name_key: nameKey(name) }) })
    const changed = changedNames(input, fieldNames(changes))
    context.emit('routine.updated', routineRef(next), { ...aboutRoutine(next), changed })
    return toRoutine(next)
  },
})

/** The parts of `task` are columns of their own, but callers know one field. */
function changedNames(input: { task?: unknown }, names: readonly string[]): string[] {
  const ofTask = ['template', 'assigneeAgentId', 'projectId', 'goalId']
  return [...names.filter((name) => !ofTask.includes(name)), ...(input.task === undefined ? [] : ['task'])]
}

const OneRoutine = z.strictObject({ routineId: Id })

const changesStatus = { output: Routine, access: { scope: 'routines:manage', company: 'routine' } } as const

export const pause = command({
  ...changesStatus,
  title: 'Pause a routine: it does not fire',
  description: 'Times of its schedules that pass meanwhile are not made up.',
  input: OneRoutine.extend({ reason: z.string().trim().min(1).max(2_000).optional() }),
  http: ['POST', '/routines/:routineId/pause'],
  async handle(context, { routineId, reason = null }) {
    return toRoutine(await moveRoutine(context, await requireRoutine(context, routineId), { to: 'paused', verb: 'pause', reason }))
  },
})

export const resume = command({
  ...changesStatus,
  title: 'Resume a paused routine from its next time on',
  input: OneRoutine,
  http: ['POST', '/routines/:routineId/resume'],
  async handle(context, { routineId }) {
    return toRoutine(await moveRoutine(context, await requireRoutine(context, routineId), { to: 'active', verb: 'resume', reason: null }))
  },
})

export const archive = command({
  ...changesStatus,
  title: 'Archive a routine for good',
  input: OneRoutine,
  http: ['POST', '/routines/:routineId/archive'],
  async handle(context, { routineId }) {
    return toRoutine(
      await moveRoutine(context, await requireRoutine(context, routineId), { to: 'archived', verb: 'archive', reason: null }),
    )
  },
})
