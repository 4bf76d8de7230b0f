import { useState } from 'react'

import type { Agent as AgentData } from '@engine/core/contract'

import { fieldLabels, words } from '../../data/said.ts'
import { useAgent, useApprovals, useRuns } from '../../data/hooks.ts'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { PluginSlot } from '../../frames/plugin-slot.tsx'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { count, duration, money } from '../../parts/format.ts'
import { Prose } from '../../parts/prose.tsx'
import { Said } from '../../parts/said.tsx'
import { Card, Facts, Screen } from '../../parts/screen.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, type Tab } from '../../parts/tabs.tsx'
import { Tile } from '../../parts/tile.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { WayOut } from '../../parts/way-out.tsx'
import { AgentName, Who } from '../../parts/who.tsx'
import { EventList } from '../activity/event-list.tsx'
import { ApprovalPanel } from '../inbox/approval-panel.tsx'
import { RunTable } from '../run/run-table.tsx'
import { AgentControls } from './agent-controls.tsx'
import { AgentDialog } from './agent-dialog.tsx'
import { AgentKeys } from './agent-keys.tsx'
import { Looks } from './looks.tsx'

/** One agent: what it is told, how it does, what it ran, and how it was configured before. */
export function Agent({ agentId }: { agentId: string }) {
  const reading = useAgent(agentId)
  return <Read of={reading}>{(agent) => <Shown agent={agent} />}</Read>
}

function Shown({ agent }: { agent: AgentData }) {
  const [open, setOpen] = useState('profile')
  const [isChanging, setIsChanging] = useState(false)
  const [isEnding, setIsEnding] = useState(false)
  const tell = useTell()
  const terminate = useCommand('agents.terminate', { onFailed: tell.failed, onDone: () => setIsEnding(false) })
  const change = () => setIsChanging(agent.status !== 'terminated')
  useKeys({ e: ['agents.update', change] })
  const tabs: Tab[] = [
    { key: 'profile', label: 'Profile', content: () => <Profile agent={agent} /> },
    { key: 'runs', label: 'Runs', content: () => <Runs agentId={agent.id} /> },
    { key: 'revisions', label: 'Configuration', content: () => <Revisions agent={agent} /> },
    { key: 'keys', label: 'Keys', content: () => <AgentKeys agent={agent} /> },
    { key: 'activity', label: 'Activity', content: () => <History agentId={agent.id} /> },
  ]
  return (
    <Screen title={agent.name} actions={<Actions agent={agent} onChange={change} onEnd={() => setIsEnding(true)} />} isPadded>
      <div className="eng-columns">
        <Tabs tabs={tabs} open={open} onOpen={setOpen} />
        <div className="eng-stack">
          <About agent={agent} />
          <PluginSlot slot="agent" agentId={agent.id} />
        </div>
      </div>
      <AgentDialog agent={agent} isOpen={isChanging} onClose={() => setIsChanging(false)} />
      <Confirm
        title={`Terminate ${agent.name}`}
        act="Terminate"
        isOpen={isEnding}
        isRunning={terminate.isRunning}
        onClose={() => setIsEnding(false)}
        onAct={() => terminate.run({ agentId: agent.id })}
      >
        It never works again, and what runs of it is cancelled. Who reports to it then reports to its manager.
      </Confirm>
    </Screen>
  )
}

function Actions({ agent, onChange, onEnd }: { agent: AgentData; onChange(): void; onEnd(): void }) {
  return (
    <>
      <Status of={agent.status} />
      <AgentControls agent={agent} />
      {agent.status !== 'terminated' && (
        <>
          <Button does="agents.update" onClick={onChange} shortcut="e">
            Change
          </Button>
          <Button does="agents.terminate" look="bad" onClick={onEnd}>
            Terminate
          </Button>
        </>
      )}
    </>
  )
}

function About({ agent }: { agent: AgentData }) {
  return (
    <aside aria-label="About this agent">
      <Card>
        <div className="eng-card-body">
          <Facts
            of={[
              ['Role', agent.title ?? agent.role],
              ['Reports to', agent.reportsTo === null ? 'nobody' : <AgentName key="manager" id={agent.reportsTo} />],
              ['Starts', words(agent.executionMode)],
              ...(agent.executionMode === 'auto' ? [['Looks for work', <Looks key="looks" agent={agent} />] as const] : []),
              ['Adapter', agent.adapterType],
              ['At once', `${agent.maxConcurrentRuns} runs`],
              [fieldLabels.maxCostMicrosPerRun, agent.maxCostMicrosPerRun === null ? 'not said' : money(agent.maxCostMicrosPerRun)],
              ['Can do', agent.capabilities.join(', ') || '–'],
              ['Since', <Time key="since" at={agent.createdAt} />],
            ]}
          />
        </div>
      </Card>
    </aside>
  )
}

/** The permission that it waits for, decided here. */
function Hire({ agent }: { agent: AgentData }) {
  const { items } = useApprovals({ status: 'pending' })
  const approval = items.find(({ agentId }) => agentId === agent.id)
  if (!approval) return null
  return (
    <Card title="It waits for its approval">
      <ApprovalPanel approvalId={approval.id} />
    </Card>
  )
}

function Profile({ agent }: { agent: AgentData }) {
  return (
    <div className="eng-stack">
      {agent.status === 'pending_approval' && <Hire agent={agent} />}
      {agent.errorMessage !== null && (
        <div className="eng-notice">
          <p className="eng-strong">It stopped with an error</p>
          <p>
            <Said text={agent.errorMessage} />
          </p>
          <WayOut code={agent.errorCode} agentId={null} />
        </div>
      )}
      <Metrics agentId={agent.id} />
      <section className="eng-stack eng-stack-tight">
        <h2>What it is told</h2>
        {agent.instructions === null ? <p className="eng-soft">Nothing beside its tasks.</p> : <Prose text={agent.instructions} />}
      </section>
    </div>
  )
}

function Metrics({ agentId }: { agentId: string }) {
  const { data } = useOperation('agents.metrics', { agentId })
  if (!data) return null
  const rate = (value: number | null) => (value === null ? '–' : `${Math.round(value * 100)} %`)
  const { median } = data.cycleTimeMs
  const figures = [
    ['Tasks done', count(data.tasks.done)],
    ['Approved', rate(data.approvalRate)],
    ['At first', rate(data.firstPassRate)],
    ['Median time', median === null ? '–' : duration(0, median)],
    ...(data.runs.costMicros === null ? [] : [['Cost of runs', money(data.runs.costMicros)] as const]),
  ] as const
  return (
    <div className="eng-tiles">
      {figures.map(([name, figure]) => (
        <Tile key={name} name={name} figure={figure} />
      ))}
    </div>
  )
}

function Runs({ agentId }: { agentId: string }) {
  const { items, isRead } = useRuns({ agentId })
  return items.length === 0 ? (
    isRead && <Empty title="It has not run yet">Assign a task to it, and it starts by itself.</Empty>
  ) : (
    <RunTable runs={items.toReversed()} />
  )
}

function Revisions({ agent }: { agent: AgentData }) {
  const { items } = useList('agents.revisions', { agentId: agent.id })
  const tell = useTell()
  const rollback = useCommand('agents.rollback', { onFailed: tell.failed })
  return (
    <ol className="eng-stack">
      {items.map((revision) => (
        <li key={revision.number} className="eng-card eng-card-body eng-stack eng-stack-tight">
          <div className="eng-row eng-row-wrap">
            <strong>Revision {revision.number}</strong>
            <Who kind={revision.actor.kind} id={revision.actor.id} />
            <Time at={revision.createdAt} />
            {revision.rolledBackTo !== null && <span className="eng-soft">as revision {revision.rolledBackTo}</span>}
            {revision.number !== agent.revision && agent.status !== 'terminated' && (
              <Button
                does="agents.rollback"
                disabled={rollback.isRunning}
                onClick={() => rollback.run({ agentId: agent.id, revision: revision.number, version: agent.version })}
              >
                Back to this
              </Button>
            )}
          </div>
          {revision.changed.length > 0 && <p className="eng-soft">Changed: {revision.changed.join(', ')}</p>}
        </li>
      ))}
    </ol>
  )
}

function History({ agentId }: { agentId: string }) {
  return <EventList of={useList('events.agent', { agentId })} />
}
