import { requireAtWork } from '../agents/change.ts'
import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { requireLabels } from '../tasks/labels.ts'
import { requireGoal, requirePlace } from '../tasks/surroundings.ts'
import type { TaskTemplate, Variable } from './schema.ts'
import { triggersOf } from './sql.ts'
import type { RoutineTable } from './table.ts'
import { assertPlaceholders } from './template.ts'
import { assertDeclarations, withoutDefault } from './variables.ts'

/** What tasks of a routine are, as its columns hold it. @throws `rule_violated` naming what is not there in this company */
export async function templateColumns(
  context: CommandContext,
  task: TaskTemplate,
): Promise<Pick<RoutineTable, 'template' | 'assignee_agent_id' | 'project_id' | 'goal_id'>> {
  const { assigneeAgentId = null, projectId = null, goalId = null, labels, ...rest } = task
  if (assigneeAgentId) await requireAtWork(context, { field: 'task.assigneeAgentId', agentId: assigneeAgentId })
  await requirePlace(context, { projectId })
  await requireGoal(context, goalId)
  const labelIds = await requireLabels(context, labels ?? [])
  return {
    template: JSON.stringify({ ...rest, ...(labels && { labels: labelIds }) }),
    assignee_agent_id: assigneeAgentId,
    project_id: projectId,
    goal_id: goalId,
  }
}

/** @throws `rule_violated` naming a variable or placeholder that does not fit */
export function assertConsistent(template: TaskTemplate, variables: readonly Variable[]): void {
  assertDeclarations(variables)
  assertPlaceholders(template, variables)
}

/** @throws `rule_violated` where a schedule would fire with a variable that nobody gives a value, or a mapping names none */
export async function assertTriggersFit(context: CommandContext, routineId: string, variables: readonly Variable[]): Promise<void> {
  for (const trigger of await triggersOf(context.tx, { companyId: context.companyId, routineId })) {
    if (trigger.kind === 'cron') assertDefaults(variables)
    else assertMapped(variables, JSON.parse(trigger.mapping))
  }
}

export function assertDefaults(variables: readonly Variable[]): void {
  const [missing] = withoutDefault(variables)
  if (missing !== undefined)
    throw ruleViolated(`variables.${missing}: it is required and has no default, so a schedule could not fire. Give it a default.`, {
      variable: missing,
    })
}

export function assertMapped(variables: readonly Variable[], mapping: Readonly<Record<string, string>>): void {
  const unknown = Object.keys(mapping).find((name) => !variables.some((variable) => variable.name === name))
  if (unknown !== undefined) throw ruleViolated(`mapping.${unknown}: this routine declares no such variable.`, { variable: unknown })
}
