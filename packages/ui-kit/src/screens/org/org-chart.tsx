import { useMemo, useRef } from 'react'

import type { OrgNode } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Menu } from '../../parts/menu.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { AgentName } from '../../parts/who.tsx'
import { managersFor, neighbour, seatsOf, type Seat } from './tree.ts'

/** Who reports to whom, and what each does right now. Arrows walk, Enter opens. */
export function OrgChart() {
  const { companyId } = useEngine()
  const reading = useOperation('agents.tree', { companyId })
  return <Read of={reading}>{({ agents }) => (agents.length === 0 ? <Nobody /> : <Chart agents={agents} />)}</Read>
}

function Nobody() {
  return <Empty title="Nobody works here yet">Hire somebody first. Whoever reports to them then stands beside them.</Empty>
}

function Chart({ agents }: { agents: readonly OrgNode[] }) {
  const seats = useMemo(() => seatsOf(agents), [agents])
  const chart = useRef<HTMLDivElement>(null)
  const walk = (arrow: Parameters<typeof neighbour>[2]) => () => {
    const from = document.activeElement?.closest<HTMLElement>('[data-agent]')?.dataset['agent'] ?? ''
    const to = neighbour(seats, from, arrow)
    if (to !== null) chart.current?.querySelector<HTMLElement>(`[data-agent="${to}"] a`)?.focus()
  }
  useKeys({
    ArrowUp: walk('up'),
    ArrowDown: walk('down'),
    ArrowLeft: walk('left'),
    ArrowRight: walk('right'),
    k: walk('up'),
    j: walk('down'),
  })
  return (
    <div className="eng-org" ref={chart} role="region" aria-label="Org chart" tabIndex={0}>
      <Branches nodes={agents} seats={seats} />
    </div>
  )
}

function Branches({ nodes, seats }: { nodes: readonly OrgNode[]; seats: readonly Seat[] }) {
  return (
    <ul className="eng-org-reports">
      {nodes.map((node) => (
        <li key={node.id} className="eng-org-branch">
          <Card node={node} seats={seats} />
          {node.reports.length > 0 && <Branches nodes={node.reports} seats={seats} />}
        </li>
      ))}
    </ul>
  )
}

function Card({ node: { id, name, title, role, status }, seats }: { node: OrgNode; seats: readonly Seat[] }) {
  const tell = useTell()
  const update = useCommand('agents.update', { onFailed: tell.failed })
  const seat = seats.find((each) => each.id === id)
  const choices = [
    ...managersFor(seats, id).map((manager) => ({
      key: manager.id,
      does: 'agents.update' as const,
      label: `Under ${manager.name}`,
      choose: () => update.run({ agentId: id, reportsTo: manager.id }),
    })),
    ...(seat?.managerId === null
      ? []
      : [
          { key: 'top', does: 'agents.update' as const, label: 'Under nobody', choose: () => update.run({ agentId: id, reportsTo: null }) },
        ]),
  ]
  return (
    <div className="eng-org-card" data-agent={id} data-status={status}>
      <div className="eng-row">
        <span className="eng-grow eng-strong">
          <AgentName id={id} />
        </span>
        <Menu
          look="plain"
          label={
            <>
              Move<span className="eng-hidden"> {name}</span>
            </>
          }
          isDisabled={update.isRunning || choices.length === 0}
          choices={choices}
        />
      </div>
      <div className="eng-row eng-small">
        <span className="eng-soft eng-grow eng-cut">{title ?? role}</span>
        {status === 'pending_approval' ? (
          <PlaceLink to={{ screen: 'agent', agentId: id }}>
            <Status of={status} />
          </PlaceLink>
        ) : (
          <Status of={status} />
        )}
      </div>
    </div>
  )
}
