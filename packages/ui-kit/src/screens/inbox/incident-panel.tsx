import type { Budget, BudgetIncident } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { count, money } from '../../parts/format.ts'
import { Facts } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Decision, type Verdict } from './decision.tsx'

/** A limit that was reached: what it was, and whether work goes on. */
export function IncidentPanel({ incident }: { incident: BudgetIncident }) {
  const reading = useOperation('budgets.get', { budgetId: incident.budgetId })
  return <Read of={reading}>{(budget) => <Shown incident={incident} budget={budget} />}</Read>
}

function Shown({ incident, budget }: { incident: BudgetIncident; budget: Budget }) {
  const tell = useTell()
  const raise = useCommand('budgets.raise', { onDone: () => tell.done('Raised; work goes on'), onFailed: tell.failed })
  const amount = (value: number) => (budget.metric === 'micros' ? money(value) : `${count(value)} ${budget.metric}`)
  const twice = Math.max(1, budget.limit * 2)
  const verdicts: Verdict[] = [
    {
      key: 'a',
      does: 'budgets.raise',
      label: `Raise to ${amount(twice)}`,
      look: 'strong',
      note: null,
      decide: () => raise.run({ budgetId: budget.id, limit: twice }),
    },
  ]
  return (
    <>
      <article className="eng-pad eng-stack">
        <h2 className="eng-screen-title">The {words(budget.scope)} budget is used up</h2>
        <p className="eng-soft">Nothing starts in its scope until it is raised, or its period ends.</p>
        <Facts
          of={[
            ['Limit', amount(incident.limit)],
            ['Spent', amount(incident.spent)],
            ['Held', amount(incident.held)],
            ['Period', words(budget.window)],
            ['Reached', <Time key="at" at={incident.createdAt} />],
          ]}
        />
      </article>
      <Decision verdicts={verdicts} isRunning={raise.isRunning} />
    </>
  )
}
