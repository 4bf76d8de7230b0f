import type { TaskStatus } from '@engine/core/contract'

import { useDashboard, useRuns } from '../../data/hooks.ts'
import type { OutputOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useList, useOperation } from '../../data/use-operation.ts'
import { PluginSlot } from '../../frames/plugin-slot.tsx'
import { count, money } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Card, Screen } from '../../parts/screen.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { Status, toneOf } from '../../parts/status.tsx'
import { Tile } from '../../parts/tile.tsx'
import { EventLine } from '../activity/event-line.tsx'
import { RunTable } from '../run/run-table.tsx'
import { statuses } from '../tasks/moves.ts'
import { FirstSteps } from './first-steps.tsx'
import { windows } from '../budgets/amounts.ts'
import { BudgetBar } from '../budgets/budget-bar.tsx'
import { Timeline } from '../costs/timeline.tsx'

type DashboardData = OutputOf<'companies.dashboard'>

/** A company at a glance: what waits, what runs, what failed, what it costs. */
export function Dashboard() {
  const reading = useDashboard()
  return (
    <Screen title="Dashboard" isPadded>
      <Read of={reading}>{(data) => <Shown data={data} />}</Read>
    </Screen>
  )
}

function Shown({ data }: { data: DashboardData }) {
  const waiting = data.pendingReviews.count + data.pendingApprovals.count + data.pendingInteractions.count
  const isMore = data.pendingReviews.isMore || data.pendingApprovals.isMore || data.pendingInteractions.isMore
  return (
    <div className="eng-stack">
      <FirstSteps tasks={Object.values(data.tasks).reduce((sum, each) => sum + each, 0)} done={data.tasks.done ?? 0} />
      <div className="eng-tiles">
        <Tile name="Waits for you" figure={`${count(waiting)}${isMore ? '+' : ''}`} to={{ screen: 'inbox' }} />
        <Tile name="Live runs" figure={count(data.liveRuns)} to={{ screen: 'agents' }} />
        <Tile name="Open tasks" figure={count(openTasks(data.tasks))} to={{ screen: 'tasks' }} />
        {data.spend && (
          <Tile
            name={`Spent in ${data.spend.month}`}
            figure={money(data.spend.costMicros)}
            note={`${money(data.spend.totalMicros)} in all`}
            to={{ screen: 'costs' }}
          />
        )}
      </div>
      {data.openBreakers.count > 0 && <Breakers />}
      <TaskBar tasks={data.tasks} />
      <Budgets />
      <PluginSlot slot="dashboard" />
      <div className="eng-columns eng-columns-even">
        <div className="eng-stack">
          <Failed />
          <Timeline />
        </div>
        <Card
          title="Lately"
          aside={
            <PlaceLink to={{ screen: 'activity' }} className="eng-link">
              All
            </PlaceLink>
          }
        >
          <ol className="eng-timeline eng-card-body">
            {data.activity.slice(0, 12).map((event) => (
              <EventLine key={event.id} event={event} />
            ))}
          </ol>
        </Card>
      </div>
    </div>
  )
}

function openTasks(tasks: DashboardData['tasks']): number {
  return statuses.filter((status) => status !== 'done' && status !== 'cancelled').reduce((sum, status) => sum + (tasks[status] ?? 0), 0)
}

function TaskBar({ tasks }: { tasks: DashboardData['tasks'] }) {
  const shown = statuses.filter((status) => (tasks[status] ?? 0) > 0)
  if (shown.length === 0) return <Empty title="There is nothing to do yet">Create the first task: press g then t, and c.</Empty>
  const grow = (status: TaskStatus) => (element: HTMLElement | null) => element?.style.setProperty('flex-grow', String(tasks[status] ?? 0))
  return (
    <Card title="Tasks">
      <div className="eng-card-body eng-stack">
        <div className="eng-bar" aria-hidden>
          {shown.map((status) => (
            <span key={status} className="eng-bar-part" data-tone={toneOf(status)} ref={grow(status)} />
          ))}
        </div>
        <ul className="eng-row eng-row-wrap">
          {shown.map((status) => (
            <li key={status} className="eng-row">
              <Status of={status} /> <strong>{count(tasks[status] ?? 0)}</strong>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  )
}

function Budgets() {
  const { companyId } = useEngine()
  const { items } = useList('budgets.list', { companyId, scope: 'company' })
  const all = (
    <PlaceLink to={{ screen: 'budgets' }} className="eng-link">
      All
    </PlaceLink>
  )
  return items.map((budget) => (
    <Card key={budget.id} title={`Budget, ${windows[budget.window]}`} aside={all}>
      <div className="eng-card-body">
        <BudgetBar budget={budget} />
      </div>
    </Card>
  ))
}

function Breakers() {
  const { companyId } = useEngine()
  const { data } = useOperation('breakers.list', { companyId })
  return data?.items
    .filter(({ status }) => status !== 'closed')
    .map(({ id, provider, adapterType }) => (
      <div key={id} className="eng-notice" data-tone="warn">
        Nothing starts at {provider ?? adapterType} for now. It is tried again by itself.
      </div>
    ))
}

/** Each failed run is seen; the newest few of them here. */
function Failed() {
  const { items } = useRuns({ status: 'failed' })
  if (items.length === 0) return null
  return (
    <section className="eng-stack eng-stack-tight">
      <h2>Failed runs</h2>
      <RunTable runs={items.slice(-5).toReversed()} />
    </section>
  )
}
