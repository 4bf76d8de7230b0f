import type { BudgetScope } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList, useOperation } from '../../data/use-operation.ts'

/** What a limit is of, by its name. */
export function ScopeName({ scope, scopeId }: { scope: BudgetScope; scopeId: string }) {
  const { companyId } = useEngine()
  const { items: agents } = useList('agents.list', scope === 'agent' ? { companyId } : null)
  const { items: projects } = useList('projects.list', scope === 'project' ? { companyId } : null)
  const { data: task } = useOperation('tasks.get', scope === 'task' ? { taskId: scopeId } : null)
  if (scope === 'company') return 'The company'
  if (scope === 'task') return task ? `${task.identifier} ${task.title}` : 'A task'
  const named = (scope === 'agent' ? agents : projects).find(({ id }) => id === scopeId)
  return named?.name ?? (scope === 'agent' ? 'An agent' : 'A project')
}
