import { useMemo, useState } from 'react'

import type { Budget, BudgetIncident } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation, type ReadingList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Collection } from '../../parts/collection.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import { PlaceLink, useChosen } from '../../parts/places.tsx'
import { Card, Facts } from '../../parts/screen.tsx'
import { Detail, LineButton } from '../../parts/split.tsx'
import { Empty, NotThere } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { Who } from '../../parts/who.tsx'
import { amount, byUrgency, countedFrom, higherLimit, openIncident, windows } from './amounts.ts'
import { BudgetBar } from './budget-bar.tsx'
import { ChangeBudget, NewBudget } from './budget-form.tsx'
import { ScopeName } from './scope-name.tsx'
import { WithoutCap } from './without-cap.tsx'

/** Every limit with what is left of it, and what becomes of work that stopped at one. */
export function Budgets() {
  const { companyId } = useEngine()
  const [opened, open] = useChosen('budget')
  const [isNewOpen, setIsNewOpen] = useState(false)
  const list = useList('budgets.list', { companyId })
  const incidents = useList('budgets.incidents', { companyId })
  const items = useMemo(() => byUrgency(list.items), [list.items])
  return (
    <Collection
      does="budgets.set"
      title="Budgets"
      add="New budget"
      onAdd={() => setIsNewOpen(true)}
      list={{ ...list, items }}
      opened={opened}
      onOpen={open}
      rowHeight={60}
      empty={
        <Empty title="Nothing is limited yet">
          Set what the company, a project, an agent or a task may spend. At a limit nothing more begins, and you are asked whether it is
          raised.
        </Empty>
      }
      row={(budget) => <Row budget={budget} onOpen={() => open(budget.id)} />}
      detail={(id, budget) =>
        budget ? <BudgetDetail key={id} budget={budget} incidents={incidents} onGone={() => open(null, 'replace')} /> : <NotThere />
      }
    >
      {isNewOpen && <NewBudget onClose={() => setIsNewOpen(false)} onSet={({ id }) => open(id)} />}
    </Collection>
  )
}

function Row({ budget, onOpen }: { budget: Budget; onOpen(): void }) {
  return (
    <LineButton onClick={onOpen}>
      <span className="eng-row eng-line-title">
        <span className="eng-cut eng-grow">
          <ScopeName scope={budget.scope} scopeId={budget.scopeId} />
        </span>
        <span className="eng-soft eng-small eng-nowrap">{budget.isStopped ? 'stopped' : windows[budget.window]}</span>
      </span>
      <BudgetBar budget={budget} isBare />
    </LineButton>
  )
}

interface BudgetDetailProps {
  readonly budget: Budget
  readonly incidents: Pick<ReadingList<BudgetIncident>, 'items' | 'isRead'>
  onGone(): void
}

function BudgetDetail({ budget, incidents, onGone }: BudgetDetailProps) {
  const { id: budgetId, metric, version } = budget
  const tell = useTell()
  const [isChanging, setIsChanging] = useState(false)
  const remove = useCommand('budgets.remove', { onFailed: tell.failed, onDone: () => (onGone(), tell.done('The limit is gone')) })
  const own = incidents.items.filter((incident) => incident.budgetId === budgetId)
  const open = openIncident(own, budgetId)
  useKeys({ e: ['budgets.set', () => setIsChanging(true)] })
  return (
    <Detail
      title={<ScopeName scope={budget.scope} scopeId={budget.scopeId} />}
      actions={
        <>
          <Standing of={budget} />
          <Button does="budgets.set" onClick={() => setIsChanging(true)} shortcut="e">
            Change
          </Button>
          <ConfirmButton
            does="budgets.remove"
            act="Remove"
            title="Remove this limit"
            isRunning={remove.isRunning}
            onAct={() => remove.run({ budgetId, version })}
          >
            <p>Nothing of it is counted any more, and what stopped at it goes on.</p>
          </ConfirmButton>
        </>
      }
    >
      {open && <Stopped budget={budget} incident={open} onRaise={() => setIsChanging(true)} />}
      <WithoutCap budget={budget} />
      <BudgetBar budget={budget} />
      <Facts
        of={[
          ['Counts', `${metric === 'micros' ? 'money' : metric === 'wallMs' ? 'time of runs' : metric}, ${windows[budget.window]}`],
          ['At its limit', budget.isHard ? 'work stops' : 'it warns, and work goes on'],
          ['Warns', `at ${budget.warnPercent} %, ${amount(metric, (budget.limit * budget.warnPercent) / 100)}`],
          ['Since', <Time key="since" at={countedFrom(budget)} />],
          ['Begins anew', budget.period.endsAt === null ? 'never' : <Time key="until" at={budget.period.endsAt} />],
          ['At this pace', <Pace key="pace" budget={budget} />],
          ['Of', <ScopeLink key="scope" budget={budget} />],
        ]}
      />
      <Incidents of={own} isRead={incidents.isRead} metric={metric} />
      {isChanging && <ChangeBudget budget={budget} onClose={() => setIsChanging(false)} />}
    </Detail>
  )
}

/** What will have been used, and when the limit will be reached. */
function Pace({ budget: { id: budgetId, metric } }: { budget: Budget }) {
  const { data } = useOperation('budgets.forecast', { budgetId })
  if (!data) return '…'
  const { perDay, forecast, reachedAt } = data
  if (perDay === null) return 'it is too early to say'
  return (
    <span>
      {forecast === null ? `${amount(metric, perDay)} a day` : `${amount(metric, forecast)} at the end`}
      {reachedAt === null ? ', within the limit' : ', at the limit '}
      {reachedAt !== null && <Time at={reachedAt} />}
    </span>
  )
}

function Standing({ of: { isStopped, status } }: { of: Budget }) {
  if (isStopped) return <Status of="paused" />
  return <Status of={status === 'ok' ? 'active' : status} />
}

function ScopeLink({ budget: { scope, scopeId } }: { budget: Budget }) {
  const name = <ScopeName scope={scope} scopeId={scopeId} />
  if (scope === 'agent') return <PlaceLink to={{ screen: 'agent', agentId: scopeId }}>{name}</PlaceLink>
  return scope === 'task' ? <PlaceLink to={{ screen: 'task', taskId: scopeId }}>{name}</PlaceLink> : name
}

interface StoppedProps {
  readonly budget: Budget
  readonly incident: BudgetIncident
  onRaise(): void
}

/** Work waits for somebody to say whether it goes on. */
function Stopped({ budget, incident, onRaise }: StoppedProps) {
  const tell = useTell()
  const told = { onFailed: tell.failed }
  const raise = useCommand('budgets.raise', { ...told, onDone: () => tell.done('Raised; work goes on') })
  const keep = useCommand('budgets.resolveIncident', { ...told, onDone: () => tell.done('It stays stopped for this period') })
  const more = higherLimit(budget)
  const raiseByLimit = () => raise.run({ budgetId: budget.id, limit: more, version: budget.version })
  const keepPaused = () => keep.run({ incidentId: incident.id, action: 'keep_paused' })
  useKeys({ a: ['budgets.raise', raiseByLimit], x: ['budgets.resolveIncident', keepPaused] })
  const isRunning = raise.isRunning || keep.isRunning
  return (
    <div className="eng-notice">
      <p className="eng-strong">The limit was reached: nothing starts here</p>
      <p>
        {amount(budget.metric, incident.spent)} were spent and {amount(budget.metric, incident.held)} held of{' '}
        {amount(budget.metric, incident.limit)}, <Time at={incident.createdAt} />.
      </p>
      <div className="eng-row eng-row-wrap">
        <Button does="budgets.raise" look="strong" shortcut="a" disabled={isRunning} onClick={raiseByLimit}>
          Raise to {amount(budget.metric, more)}
        </Button>
        <Button does="budgets.raise" disabled={isRunning} onClick={onRaise}>
          Raise to…
        </Button>
        <Button does="budgets.resolveIncident" look="bad" shortcut="x" disabled={isRunning} onClick={keepPaused}>
          Keep paused
        </Button>
      </div>
    </div>
  )
}

function Incidents({ of, isRead, metric }: { of: readonly BudgetIncident[]; isRead: boolean; metric: Budget['metric'] }) {
  if (of.length === 0) return isRead && <p className="eng-soft">It was never reached.</p>
  return (
    <Card title="Reached">
      <ul className="eng-card-body eng-stack">
        {of.toReversed().map((incident) => (
          <li key={incident.id} className="eng-row eng-row-wrap">
            <Status of={incident.status} />
            <span>
              {amount(metric, incident.spent)} of {amount(metric, incident.limit)}
            </span>
            <Time at={incident.createdAt} />
            {incident.resolution !== null && <span className="eng-soft">{words(incident.resolution)}</span>}
            {incident.resolvedBy && <Who kind={incident.resolvedBy.kind} id={incident.resolvedBy.id} />}
          </li>
        ))}
      </ul>
    </Card>
  )
}
