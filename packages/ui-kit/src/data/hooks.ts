import type { InputOf, ItemOf, OutputOf } from './operations.ts'
import { useEngine } from './provider.tsx'
import { useList, useOperation, type Reading, type ReadingList } from './use-operation.ts'

type OfCompany<Input> = Omit<Input, 'companyId'>

/** Tasks of the company, oldest first. */
export function useTasks(filter: OfCompany<InputOf<'tasks.list'>> = {}): ReadingList<ItemOf<'tasks.list'>> {
  const { companyId } = useEngine()
  return useList('tasks.list', { ...filter, companyId })
}

/** A task by its id or its identifier. */
export function useTask(taskId: string): Reading<OutputOf<'tasks.get'>> {
  return useOperation('tasks.get', { taskId })
}

export function useRun(runId: string): Reading<OutputOf<'runs.get'>> {
  return useOperation('runs.get', { runId })
}

export function useRuns(filter: OfCompany<InputOf<'runs.list'>> = {}): ReadingList<ItemOf<'runs.list'>> {
  const { companyId } = useEngine()
  return useList('runs.list', { ...filter, companyId })
}

export function useAgents(filter: OfCompany<InputOf<'agents.list'>> = {}): ReadingList<ItemOf<'agents.list'>> {
  const { companyId } = useEngine()
  return useList('agents.list', { ...filter, companyId })
}

export function useAgent(agentId: string): Reading<OutputOf<'agents.get'>> {
  return useOperation('agents.get', { agentId })
}

export function useApprovals(filter: OfCompany<InputOf<'approvals.list'>> = {}): ReadingList<ItemOf<'approvals.list'>> {
  const { companyId } = useEngine()
  return useList('approvals.list', { ...filter, companyId })
}

export function useDashboard(): Reading<OutputOf<'companies.dashboard'>> {
  const { companyId } = useEngine()
  return useOperation('companies.dashboard', { companyId })
}
