import { Network, Plus, Rows3 } from 'lucide-react'
import { useState } from 'react'

import type { Agent } from '@engine/core/contract'

import { useAgents } from '../../data/hooks.ts'
import { Button } from '../../parts/button.tsx'
import { PlaceLink, useChoices, usePlaces } from '../../parts/places.tsx'
import { Said } from '../../parts/said.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { AgentName } from '../../parts/who.tsx'
import { OrgChart } from '../org/org-chart.tsx'
import { AgentControls } from './agent-controls.tsx'
import { AgentDialog } from './agent-dialog.tsx'

/** Who works here, and whether they do right now: as a list, or by who reports to whom. */
export function Agents() {
  const [choices, choose] = useChoices()
  const { go } = usePlaces()
  const [isHiring, setIsHiring] = useState(false)
  const isChart = choices['view'] === 'org'
  const turn = () => choose({ view: isChart ? '' : 'org' })
  useKeys({ b: turn, c: ['agents.create', () => setIsHiring(true)] })
  const actions = (
    <>
      <Button aria-pressed={isChart} onClick={turn} shortcut="b">
        {isChart ? <Rows3 size={15} aria-hidden /> : <Network size={15} aria-hidden />}
        {isChart ? 'List' : 'Org chart'}
      </Button>
      <Button does="agents.create" look="strong" onClick={() => setIsHiring(true)} shortcut="c">
        <Plus size={15} aria-hidden /> Hire
      </Button>
    </>
  )
  return (
    <Screen title="Agents" actions={actions}>
      <div className="eng-fill">
        {isChart ? (
          <OrgChart />
        ) : (
          <div className="eng-pad eng-stack eng-scroll eng-whole">
            <List onHire={() => setIsHiring(true)} />
          </div>
        )}
      </div>
      <AgentDialog
        agent={null}
        isOpen={isHiring}
        onClose={() => setIsHiring(false)}
        onDone={({ id }) => go({ screen: 'agent', agentId: id })}
      />
    </Screen>
  )
}

function List({ onHire }: { onHire(): void }) {
  const empty = (
    <Empty
      title="Nobody works here yet"
      action={
        <Button does="agents.create" look="strong" onClick={onHire} shortcut="c">
          Hire
        </Button>
      }
    >
      Hire the first agent; it takes up work as soon as it is assigned.
    </Empty>
  )
  const columns = ['Agent', 'Role', 'Status', 'Adapter', 'Can do', changeColumn]
  return (
    <ListTable label="Agents" list={useAgents()} columns={columns} empty={empty} row={(agent) => <Row key={agent.id} agent={agent} />} />
  )
}

function Row({ agent }: { agent: Agent }) {
  return (
    <tr>
      <td>
        <AgentName id={agent.id} />
      </td>
      <td>{agent.title ?? agent.role}</td>
      <td>
        <PlaceLink to={{ screen: 'agent', agentId: agent.id }}>
          <Status of={agent.status} />
        </PlaceLink>
        {agent.errorMessage !== null && (
          <p className="eng-bad eng-small">
            <Said text={agent.errorMessage} />
          </p>
        )}
      </td>
      <td className="eng-soft">{agent.adapterType}</td>
      <td className="eng-soft eng-cell-words">{agent.capabilities.slice(0, 4).join(', ')}</td>
      <td>
        <div className="eng-row">
          <AgentControls agent={agent} />
        </div>
      </td>
    </tr>
  )
}
