import type { Approval } from '@engine/core/contract'

import { useOperation } from '../../data/use-operation.ts'
import { Facts } from '../../parts/screen.tsx'
import { amount, windows } from '../budgets/amounts.ts'
import { ScopeName } from '../budgets/scope-name.tsx'
import type { Waiting } from './waiting.ts'

/** What a thing that waits is about: several may have one title. */
export function About({ item }: { item: Waiting }) {
  if (item.kind === 'incident') return <OfBudget budgetId={item.of.budgetId} />
  if (item.kind === 'approval' && item.of.type === 'budget_override') return <OfBudget budgetId={item.of.subject} />
  return item.of.taskId === null ? null : <OfTask taskId={item.of.taskId} />
}

function OfTask({ taskId }: { taskId: string }) {
  const { data: task } = useOperation('tasks.get', { taskId })
  return task ? ` · ${task.identifier} ${task.title}` : null
}

function OfBudget({ budgetId }: { budgetId: string }) {
  const { data: budget } = useOperation('budgets.get', { budgetId })
  if (!budget) return null
  return (
    <>
      {' · '}
      <ScopeName scope={budget.scope} scopeId={budget.scopeId} />
    </>
  )
}

/** The higher limit that is asked for, in the unit of what it counts; `otherwise` where the budget is not there any more. */
export function HigherLimit({ approval: { subject, payload }, otherwise }: { approval: Approval; otherwise: React.ReactNode }) {
  const { data: budget, error } = useOperation('budgets.get', { budgetId: subject })
  if (!budget) return error ? otherwise : null
  const asked = (name: string) => (typeof payload[name] === 'number' ? amount(budget.metric, payload[name]) : '–')
  return (
    <Facts
      of={[
        ['Budget of', <ScopeName key="scope" scope={budget.scope} scopeId={budget.scopeId} />],
        ['Counts', windows[budget.window]],
        ['Limit', asked('limit')],
        ['Spent', asked('spent')],
        ['Held', asked('held')],
        ['New limit', asked('proposedLimit')],
      ]}
    />
  )
}
