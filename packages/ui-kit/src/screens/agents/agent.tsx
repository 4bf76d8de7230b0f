import { useState } from 'react'

import type { Agent as AgentData } from '@engine/core/contract'

import { words } from '../../data/failure.ts'
import { useAgent, useRuns } from '../../data/hooks.ts'
import { useList, useOperation } from '../../data/use-operation.ts'
import { count, duration, money } from '../../parts/format.ts'
import { Prose } from '../../parts/prose.tsx'
import { Card, Facts, Screen } from '../../parts/screen.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, type Tab } from '../../parts/tabs.tsx'
import { Time } from '../../parts/time.tsx'
import { AgentName, Who } from '../../parts/who.tsx'
import { EventLine } from '../activity/event-line.tsx'
import { RunTable } from '../run/run-table.tsx'
import { AgentControls } from './agent-controls.tsx'

/** One agent: what it is told, how it does, what it ran, and how it was configured before. */
export function Agent({ agentId }: { agentId: string }) {
  const reading = useAgent(agentId)
  return <Read of={reading}>{(agent) => <Shown agent={agent} />}</Read>
}

function Shown({ agent }: { agent: AgentData }) {
  const [open, setOpen] = useState('profile')
  const tabs: Tab[] = [
    { key: 'profile', label: 'Profile', content: () => <Profile agent={agent} /> },
    { key: 'runs', label: 'Runs', content: () => <Runs agentId={agent.id} /> },
    { key: 'revisions', label: 'Configuration', content: () => <Revisions agentId={agent.id} /> },
    { key: 'activity', label: 'Activity', content: () => <History agentId={agent.id} /> },
  ]
  const actions = (
    <>
      <Status of={agent.status} />
      <AgentControls agent={agent} />
    </>
  )
  return (
    <Screen title={agent.name} actions={actions} isPadded>
      <div className="eng-columns">
        <Tabs tabs={tabs} open={open} onOpen={setOpen} />
        <aside aria-label="About this agent">
          <Card>
            <div className="eng-card-body">
              <Facts
                of={[
                  ['Role', agent.title ?? agent.role],
                  ['Reports to', agent.reportsTo === null ? 'nobody' : <AgentName key="manager" id={agent.reportsTo} />],
                  ['Starts', words(agent.executionMode)],
                  ['Adapter', agent.adapterType],
                  ['At once', `${agent.maxConcurrentRuns} runs`],
                  ['Can do', agent.capabilities.join(', ') || '–'],
                  ['Since', <Time key="since" at={agent.createdAt} />],
                ]}
              />
            </div>
          </Card>
        </aside>
      </div>
    </Screen>
  )
}

function Profile({ agent }: { agent: AgentData }) {
  return (
    <div className="eng-stack">
      {agent.errorMessage !== null && (
        <div className="eng-notice">
          <p className="eng-strong">It stopped with an error</p>
          <p>{agent.errorMessage}</p>
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
    ['Cost of runs', money(data.runs.costMicros)],
  ] as const
  return (
    <div className="eng-tiles">
      {figures.map(([name, figure]) => (
        <div key={name} className="eng-card eng-tile">
          <span className="eng-soft">{name}</span>
          <span className="eng-tile-figure">{figure}</span>
        </div>
      ))}
    </div>
  )
}

function Runs({ agentId }: { agentId: string }) {
  const { items } = useRuns({ agentId })
  return items.length === 0 ? (
    <Empty title="It has not run yet">Assign a task to it, and it starts by itself.</Empty>
  ) : (
    <RunTable runs={items.toReversed()} />
  )
}

function Revisions({ agentId }: { agentId: string }) {
  const { items } = useList('agents.revisions', { agentId })
  return (
    <ol className="eng-stack">
      {items.map((revision) => (
        <li key={revision.number} className="eng-card eng-card-body eng-stack eng-stack-tight">
          <div className="eng-row eng-row-wrap">
            <strong>Revision {revision.number}</strong>
            <Who kind={revision.actor.kind} id={revision.actor.id} />
            <Time at={revision.createdAt} />
            {revision.rolledBackTo !== null && <span className="eng-soft">as revision {revision.rolledBackTo}</span>}
          </div>
          {revision.changed.length > 0 && <p className="eng-soft">Changed: {revision.changed.join(', ')}</p>}
        </li>
      ))}
    </ol>
  )
}

function History({ agentId }: { agentId: string }) {
  const { items } = useList('events.agent', { agentId })
  return (
    <ol className="eng-timeline">
      {items.map((event) => (
        <EventLine key={event.id} event={event} />
      ))}
    </ol>
  )
}
