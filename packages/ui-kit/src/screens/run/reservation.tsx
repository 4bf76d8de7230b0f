import { useList, useOperation } from '../../data/use-operation.ts'
import { Bar } from '../../parts/bar.tsx'
import { count, money } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Card } from '../../parts/screen.tsx'
import { BudgetBar } from '../budgets/budget-bar.tsx'
import { ScopeName } from '../budgets/scope-name.tsx'
import type { RunData } from './run-data.ts'

/** What the run used of what is set aside for it, and the limits that it goes by; each cost that is told moves them. */
export function Reservation({ run }: { run: RunData }) {
  const { data: task } = useOperation('tasks.get', { taskId: run.taskId })
  const { items } = useList('budgets.list', { companyId: run.companyId })
  const over = new Set([run.companyId, run.agentId, run.taskId, task?.projectId ?? ''])
  const budgets = items.filter(({ scopeId }) => over.has(scopeId))
  if (run.held === null && budgets.length === 0) return null
  return (
    <Card
      title="Limits"
      aside={
        <PlaceLink to={{ screen: 'budgets' }} className="eng-link">
          All
        </PlaceLink>
      }
    >
      <div className="eng-card-body eng-stack">
        {run.held && <Held used={run.usage} held={run.held} />}
        {budgets.map((budget) => (
          <div key={budget.id} className="eng-stack eng-stack-tight">
            <span className="eng-soft eng-small">
              <ScopeName scope={budget.scope} scopeId={budget.scopeId} />
            </span>
            <BudgetBar budget={budget} />
          </div>
        ))}
      </div>
    </Card>
  )
}

interface HeldProps {
  readonly used: RunData['usage']
  readonly held: NonNullable<RunData['held']>
}

function Held({ used, held }: HeldProps) {
  const isMoney = held.costMicros > 0
  const spent = isMoney ? used.costMicros : used.inputTokens + used.outputTokens
  const left = isMoney ? held.costMicros : held.tokens
  const said = isMoney ? money : count
  const share = spent + left === 0 ? 0 : (spent / (spent + left)) * 100
  return (
    <div className="eng-stack eng-stack-tight" role="status" aria-label="Set aside for this run">
      <span className="eng-soft eng-small">This run</span>
      <Bar
        shares={[
          [share, undefined],
          [100 - share, 'held'],
        ]}
      />
      <span>
        {said(spent)} used, {said(left)} still set aside{isMoney ? '' : ' (tokens)'}
      </span>
    </div>
  )
}
