import type { Budget } from '@engine/core/contract'

import { useOperation } from '../../data/use-operation.ts'
import { count } from '../../parts/format.ts'
import { AgentName } from '../../parts/who.tsx'

/** Agents that a limit keeps from starting until somebody says what one of their runs may cost. */
export function WithoutCap({ budget: { id: budgetId, isHard, metric } }: { budget: Budget }) {
  const { data } = useOperation('budgets.agentsWithoutCap', isHard && metric === 'micros' ? { budgetId } : null)
  if (!data || data.agentsWithoutCap.length === 0) return null
  const { agentsWithoutCap: agents, moreAgentsWithoutCap: more } = data
  return (
    <div className="eng-notice">
      <p className="eng-strong">These agents do not start under it</p>
      <p>What one of their runs costs is known only at its end. Say at each agent what a run may cost at most.</p>
      <ul className="eng-stack eng-stack-tight" aria-label="Agents without a cap">
        {agents.map(({ agentId, adapterTypes }) => (
          <li key={agentId} className="eng-row eng-row-wrap">
            <AgentName id={agentId} />
            <span className="eng-soft eng-small">by {adapterTypes.join(', ')}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="eng-soft">And {count(more)} more, which show here once these have a cap.</p>}
    </div>
  )
}
