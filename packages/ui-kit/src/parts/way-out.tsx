import { PlaceLink, type Place } from './places.tsx'

interface Troubled {
  /** Of the error of Engine that something failed by, or waits for. */
  readonly code: string | null | undefined
  /** Whose work it is; null where that agent is shown already. */
  readonly agentId: string | null
}

/** Leads to where a person can change what keeps work from going on; where nothing but time does, it is not there. */
export function WayOut(trouble: Troubled) {
  const way = wayFrom(trouble)
  if (way === null) return null
  const [place, name] = way
  return (
    <div>
      <PlaceLink to={place} className="eng-link">
        {name}
      </PlaceLink>
    </div>
  )
}

function wayFrom({ code, agentId }: Troubled): readonly [Place, string] | null {
  switch (code) {
    case 'budget_unavailable':
      return [{ screen: 'prices' }, 'Set the price']
    case 'budget_exceeded':
      return [{ screen: 'budgets' }, 'See the budgets']
    case 'run_cap_required':
    case 'agent_unavailable':
      return agentId === null ? null : [{ screen: 'agent', agentId }, 'See the agent']
    case 'strategy_required':
      return [{ screen: 'approvals' }, 'See the approvals']
    default:
      return null
  }
}
