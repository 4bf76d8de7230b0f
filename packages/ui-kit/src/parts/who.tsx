import { useEngine } from '../data/provider.tsx'
import { useList, useOperation } from '../data/use-operation.ts'
import { hueOf, initials } from './format.ts'
import { PlaceLink } from './places.tsx'

interface Named {
  readonly id: string
  readonly name: string
  readonly kind: 'agent' | 'user' | 'system'
}

function Face({ who }: { who: Named }) {
  const paint = (element: HTMLElement | null) => element?.style.setProperty('--eng-hue', String(hueOf(who.id)))
  return (
    <span className="eng-avatar" data-kind={who.kind} ref={paint} aria-hidden>
      {initials(who.name)}
    </span>
  )
}

/** An agent by its id; companies with very many are asked for the one. */
export function AgentName({ id }: { id: string }) {
  const { companyId } = useEngine()
  const { items, isLoading, hasMore } = useList('agents.list', { companyId })
  const known = items.find((agent) => agent.id === id)
  const { data } = useOperation('agents.get', !isLoading && hasMore && !known ? { agentId: id } : null)
  const name = known?.name ?? data?.name ?? '…'
  return (
    <PlaceLink to={{ screen: 'agent', agentId: id }} className="eng-row">
      <Face who={{ id, name, kind: 'agent' }} />
      <span className="eng-cut" title={name}>
        {name}
      </span>
    </PlaceLink>
  )
}

function UserName({ id }: { id: string }) {
  const { companyId } = useEngine()
  const { items } = useList('members.list', { companyId })
  const name = id === 'local' ? 'You' : (items.find((member) => member.userId === id)?.name ?? 'Somebody')
  return (
    <span className="eng-row">
      <Face who={{ id, name, kind: 'user' }} />
      <span className="eng-cut" title={name}>
        {name}
      </span>
    </span>
  )
}

/** Whoever did something. */
export function Who({ kind, id }: { kind: 'agent' | 'user' | 'system'; id: string }) {
  if (kind === 'agent') return <AgentName id={id} />
  return kind === 'user' ? <UserName id={id} /> : <span className="eng-soft">Engine</span>
}

export function Assignee({ agentId, userId }: { agentId: string | null; userId: string | null }) {
  if (agentId !== null) return <AgentName id={agentId} />
  return userId === null ? <span className="eng-soft">nobody</span> : <UserName id={userId} />
}
