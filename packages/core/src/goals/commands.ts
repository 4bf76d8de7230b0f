import { z } from 'zod'

import { assertVersion, changedFields, changedMeanwhile, fieldNames } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { goalMachine } from './machine.ts'
import { Goal, GoalInput, GoalStatus } from './schema.ts'
import { findGoal, goalChain } from './sql.ts'
import { toGoal, type GoalTable } from './table.ts'

export const create = command({
  title: 'Set a goal',
  input: z.strictObject({ companyId: Id, status: z.enum(['planned', 'active']).default('active'), ...GoalInput }),
  output: Goal,
  access: { scope: 'goals:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/goals'],
  creates: true,
  async handle(context, input) {
    const row: GoalTable = {
      id: context.newId(),
      company_id: context.companyId,
      parent_id: input.parentId ?? null,
      owner_agent_id: input.ownerAgentId ?? null,
      level: input.level ?? (input.parentId ? 'team' : 'company'),
      title: input.title,
      description: input.description ?? null,
      status: input.status,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
    }
    await context.tx.insertInto('goals').values(row).execute()
    context.emit('goal.created', ref(row), { title: row.title, level: row.level })
    return toGoal(row)
  },
})

export const update = command({
  title: 'Change a goal or its status',
  input: z.strictObject({
    goalId: Id,
    version: z.number().int().optional(),
    status: GoalStatus.optional(),
    ...z.object(GoalInput).partial().shape,
  }),
  output: Goal,
  access: { scope: 'goals:manage', company: 'goal' },
  http: ['PATCH', '/goals/:goalId'],
  async handle(context, input) {
    const goal = await findGoal(context.tx, input.goalId)
    if (!goal) throw notFound('goal', input.goalId)
    assertVersion('goal', goal, input.version)
    if (input.status && input.status !== goal.status) assertTransition(goalMachine, goal.status, { to: input.status, verb: 'update' })
    if (input.parentId) await refuseCycle(context, { goal, parentId: input.parentId })
    const { title, description, level, parentId: parent_id, ownerAgentId: owner_agent_id, status } = input
    const changes = changedFields({ title, description, level, parent_id, owner_agent_id, status })
    const next = await context.tx
      .updateTable('goals')
      .set({ ...changes, version: goal.version + 1, updated_at: context.now })
      .where('id', '=', goal.id)
      .where('company_id', '=', context.companyId)
      .where('version', '=', goal.version)
      .returningAll()
      .executeTakeFirst()
    if (!next) throw changedMeanwhile('goal', goal.id)
    context.emit('goal.updated', ref(next), { changed: fieldNames(changes) })
    if (next.status !== goal.status) context.emit('goal.status_changed', ref(next), { from: goal.status, to: next.status })
    return toGoal(next)
  },
})

async function refuseCycle(context: CommandContext, given: { goal: GoalTable; parentId: string }): Promise<void> {
  const above = await goalChain(context.tx, { companyId: context.companyId, goalId: given.parentId })
  if (above.some((goal) => goal.id === given.goal.id))
    throw ruleViolated('A goal can not be below itself.', { goalId: given.goal.id, parentId: given.parentId })
}

function ref(goal: GoalTable) {
  return { type: 'goal' as const, id: goal.id, version: goal.version }
}
