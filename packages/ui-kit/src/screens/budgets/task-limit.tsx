import { useState } from 'react'

import type { Task } from '@engine/core/contract'

import { useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { BudgetBar } from './budget-bar.tsx'
import { NewBudget } from './budget-form.tsx'

/** What may be spent on one task, and what was. */
export function TaskLimit({ task: { id: scopeId, companyId, status } }: { task: Task }) {
  const { items, isRead } = useList('budgets.list', { companyId, scopeId })
  const [isOpen, setIsOpen] = useState(false)
  return (
    <div className="eng-stack eng-stack-tight">
      {items.map((budget) => (
        <BudgetBar key={budget.id} budget={budget} isBare />
      ))}
      {isRead && items.length === 0 && 'none'}
      {isRead && items.length === 0 && !['done', 'cancelled'].includes(status) && (
        <div>
          <Button does="budgets.set" onClick={() => setIsOpen(true)}>
            Set a limit
          </Button>
        </div>
      )}
      {isOpen && <NewBudget onClose={() => setIsOpen(false)} of={{ scope: 'task', scopeId }} />}
    </div>
  )
}
