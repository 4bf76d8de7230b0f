import { z } from 'zod'

import { requireAtWork } from '../agents/change.ts'
import { assertVersion, changedFields, fieldNames, otherThan } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, notInCompany, ruleViolated } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { assertTransition } from '../kernel/transition.ts'
import { levelsAtMost } from '../kernel/tree.ts'
import { goalMachine } from './machine.ts'
import { Goal, GoalInput, GoalStatus, type GoalLevel } from './schema.ts'
import { changeGoal, companyGoals, findGoal, goalChain, hasGoals, levelsOf } from './sql.ts'
import { toGoal, type GoalTable } from './table.ts'

export const create = command({
  title: 'Set a goal',
  input: z.strictObject({ companyId: Id, status: z.enum(['planned', 'active']).default('active'), ...GoalInput }),
  output: Goal,
  access: { scope: 'goals:manage', company: 'company' },
  http: ['POST', '/companies/:companyId/goals'],
  creates: true,
  async handle(context, input) {
    await refuseOtherFirst(context, input)
    if (input.parentId) await requireParent(context, { goal: null, parentId: input.parentId })
    if (input.ownerAgentId) await requireAtWork(context, { field: 'ownerAgentId', agentId: input.ownerAgentId })
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
    const parentId = otherThan(goal.parent_id, input.parentId)
    const ownerAgentId = otherThan(goal.owner_agent_id, input.ownerAgentId)
    if (parentId) await requireParent(context, { goal, parentId })
    if (ownerAgentId) await requireAtWork(context, { field: 'ownerAgentId', agentId: ownerAgentId })
    const { title, description, level, parentId: parent_id, ownerAgentId: owner_agent_id, status } = input
    const changes = changedFields({ title, description, level, parent_id, owner_agent_id, status })
    await refuseLastOfCompany(context, goal, { ...goal, ...changes })
    const next = await changeGoal(context, goal, changes)
    context.emit('goal.updated', ref(next), { changed: fieldNames(changes) })
    if (next.status !== goal.status) context.emit('goal.status_changed', ref(next), { from: goal.status, to: next.status })
    return toGoal(next)
  },
})

/** The first goal of a company is what the whole of it works for. */
async function refuseOtherFirst(context: CommandContext, input: { level?: GoalLevel | undefined }): Promise<void> {
  if (input.level === undefined || input.level === 'company' || (await hasGoals(context.tx, context.companyId))) return
  throw ruleViolated("A company's first goal is its own: leave level out, or say company. Goals of teams and agents come below it.", {
    level: input.level,
  })
}

/** @throws `rule_violated` when that goal can not be above this one, which is not there yet when `goal` is null */
async function requireParent(context: CommandContext, given: { goal: GoalTable | null; parentId: string }): Promise<void> {
  const { companyId, tx } = context
  const { goal, parentId } = given
  const above = await goalChain(tx, { companyId, goalId: parentId })
  const [parent] = above
  if (!parent) throw notInCompany({ field: 'parentId', entity: 'goal', reference: parentId })
  if (goal && above.some(({ id }) => id === goal.id))
    throw ruleViolated('parentId: a goal can not be below itself.', { goalId: goal.id, parentId })
  if (goalMachine.isFinal(parent.status))
    throw ruleViolated(`parentId: the goal "${parent.title}" is ${parent.status}; nothing comes below it any more.`, { parentId })
  const below = goal ? await levelsOf(tx, { companyId, goalId: goal.id }) : 1
  if (above.length + below > levelsAtMost)
    throw ruleViolated(`parentId: the tree would have more than ${levelsAtMost} levels.`, { parentId })
}

/** A company that has a goal never is without one: of those at its top, the last active one stays, or else the last planned one. */
async function refuseLastOfCompany(context: CommandContext, goal: GoalTable, next: GoalTable): Promise<void> {
  if (!isCompanyGoal(goal) || isCompanyGoal(next)) return
  const others = (await companyGoals(context.tx, context.companyId)).filter(({ id }) => id !== goal.id)
  if (others.some(({ status }) => status === 'active' || goal.status === 'planned')) return
  throw ruleViolated(
    `"${goal.title}" is the only ${goal.status} goal of the whole company. Set the next one first (level company, without a parent, ${goal.status}), then change this one.`,
    { goalId: goal.id },
  )
}

function isCompanyGoal(goal: GoalTable): boolean {
  return goal.parent_id === null && goal.level === 'company' && !goalMachine.isFinal(goal.status)
}

function ref(goal: GoalTable) {
  return { type: 'goal' as const, id: goal.id, version: goal.version }
}
