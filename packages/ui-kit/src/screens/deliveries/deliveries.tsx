import { useState } from 'react'

import type { Delivery } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { PlaceLink, useChoices, useChosen } from '../../parts/places.tsx'
import { Card, Facts, Screen } from '../../parts/screen.tsx'
import { Detail, LineButton, Split } from '../../parts/split.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { deliveryStatuses } from './statuses.ts'

/** What goes out: what waits, each try with its answer, and what was given up and can be sent again. */
export function Deliveries() {
  const { companyId } = useEngine()
  const [choices, choose] = useChoices()
  const [opened, open] = useChosen('delivery')
  const status = deliveryStatuses.find((each) => each === choices['status'])
  const routeId = choices['route'] ?? ''
  const { items: routes } = useList('routes.list', { companyId })
  const reading = useList('deliveries.list', { companyId, ...(status && { status }), ...(routeId !== '' && { routeId }) })
  const nameOf = (id: string) => routes.find((route) => route.id === id)?.name ?? 'a deleted route'
  return (
    <Screen title="Deliveries" actions={<ReplayAll routes={routes} routeId={routeId} />}>
      <div className="eng-row eng-row-wrap eng-filter" role="search" aria-label="Filter deliveries">
        <select
          className="eng-input"
          data-fit
          aria-label="State"
          value={status ?? ''}
          onChange={({ target }) => choose({ status: target.value, delivery: '' })}
        >
          <option value="">Any state</option>
          {deliveryStatuses.map((each) => (
            <option key={each} value={each}>
              {words(each)}
            </option>
          ))}
        </select>
        <select
          className="eng-input"
          data-fit
          aria-label="Route"
          value={routeId}
          onChange={({ target }) => choose({ route: target.value, delivery: '' })}
        >
          <option value="">Any route</option>
          {routes.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <Split
        label="Deliveries"
        list={reading}
        opened={opened}
        onOpen={open}
        rowHeight={60}
        empty={<NoDeliveries isFiltered={status !== undefined || routeId !== ''} />}
        row={(delivery) => <Row delivery={delivery} route={nameOf(delivery.routeId)} onOpen={() => open(delivery.id)} />}
        detail={(id) => <DeliveryDetail key={id} deliveryId={id} nameOf={nameOf} />}
      />
    </Screen>
  )
}

function NoDeliveries({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="No delivery is like that">Take a part of the filter away, and others show.</Empty>
  return (
    <Empty
      title="Nothing was sent out yet"
      action={
        <PlaceLink to={{ screen: 'routes' }} className="eng-link">
          Make a route
        </PlaceLink>
      }
    >
      Once a route says what goes where, each thing that is sent stands here, with every try and what was answered.
    </Empty>
  )
}

function Row({ delivery, route, onOpen }: { delivery: Delivery; route: string; onOpen(): void }) {
  return (
    <LineButton onClick={onOpen}>
      <span className="eng-row eng-line-title">
        <Status of={delivery.status} isBare />
        <span className="eng-cut eng-grow eng-mono">{delivery.eventType}</span>
        <Time at={delivery.endedAt ?? delivery.createdAt} />
      </span>
      <span className="eng-cut eng-soft eng-small eng-line-title">
        {route}
        {delivery.reason !== null && delivery.status !== 'delivered' && ` · ${delivery.reason}`}
      </span>
    </LineButton>
  )
}

/** Up to 200 at once that a route gave up. */
function ReplayAll({ routes, routeId }: { routes: readonly { readonly id: string; readonly name: string }[]; routeId: string }) {
  const { companyId } = useEngine()
  const tell = useTell()
  const [left, setLeft] = useState(0)
  const { items: parked } = useList('deliveries.list', { companyId, status: 'parked' })
  const replay = useCommand('routes.replay', {
    onFailed: tell.failed,
    onDone({ replayed, remaining }) {
      tell.done(`${replayed} are sent again${remaining ? '; there are more' : ''}`)
      setLeft((before) => Math.max(0, before - 1))
    },
  })
  const concerned = new Set(parked.map((delivery) => delivery.routeId))
  const wanted = routes.filter(({ id }) => concerned.has(id) && (routeId === '' || id === routeId))
  if (wanted.length === 0) return null
  const begin = () => {
    setLeft(wanted.length)
    for (const { id } of wanted) replay.run({ routeId: id })
  }
  return (
    <Button does="routes.replay" disabled={replay.isRunning || left > 0} onClick={begin}>
      Send all again that {wanted.length === 1 ? `${wanted[0]?.name} gave up` : 'were given up'}
    </Button>
  )
}

function DeliveryDetail({ deliveryId, nameOf }: { deliveryId: string; nameOf(routeId: string): string }) {
  const reading = useOperation('deliveries.get', { deliveryId })
  return <Read of={reading}>{(delivery) => <Shown delivery={delivery} route={nameOf(delivery.routeId)} />}</Read>
}

type Whole = NonNullable<ReturnType<typeof useOperation<'deliveries.get'>>['data']>

function Shown({ delivery, route }: { delivery: Whole; route: string }) {
  const tell = useTell()
  const replay = useCommand('deliveries.replay', { onFailed: tell.failed, onDone: () => tell.done('It is sent again') })
  const isParked = delivery.status === 'parked'
  const again = () => isParked && replay.run({ deliveryId: delivery.id })
  useKeys({ a: ['deliveries.replay', again] })
  const { entity } = delivery
  return (
    <Detail
      title={<span className="eng-mono">{delivery.eventType}</span>}
      actions={
        <>
          <Status of={delivery.status} />
          {isParked && (
            <Button does="deliveries.replay" look="strong" shortcut="a" disabled={replay.isRunning} onClick={again}>
              Send again
            </Button>
          )}
        </>
      }
    >
      {delivery.reason !== null && delivery.status !== 'delivered' && (
        <div className="eng-notice" data-tone={isParked ? undefined : 'warn'}>
          <p className="eng-strong">{isParked ? 'It was given up' : 'It has not arrived yet'}</p>
          <p>{delivery.reason}</p>
        </div>
      )}
      <Facts
        of={[
          ['Route', route],
          [
            'About',
            entity.type === 'task' ? (
              <PlaceLink key="about" to={{ screen: 'task', taskId: entity.id }} className="eng-link">
                a task
              </PlaceLink>
            ) : (
              words(entity.type)
            ),
          ],
          ['Happened', <Time key="at" at={delivery.createdAt} />],
          ['Next try', delivery.nextAt === null ? '–' : <Time key="next" at={delivery.nextAt} />],
          ['Its receiver calls it', delivery.reference ?? '–'],
        ]}
      />
      <Tries of={delivery.tries} />
    </Detail>
  )
}

function Tries({ of }: { of: Whole['tries'] }) {
  if (of.length === 0) return <p className="eng-soft">It was not tried yet.</p>
  return (
    <Card title="Tries">
      <ol className="eng-card-body eng-stack">
        {of.toReversed().map((attempt) => (
          <li key={attempt.number} className="eng-stack eng-stack-tight">
            <div className="eng-row eng-row-wrap">
              <strong>{attempt.number}</strong>
              <Status of={attempt.result === 'retry' ? 'failed' : attempt.result} />
              {attempt.responseStatus !== null && <span className="eng-mono">{attempt.responseStatus}</span>}
              <Time at={attempt.startedAt} />
            </div>
            {attempt.reason !== null && <p>{attempt.reason}</p>}
            {attempt.response !== null && attempt.response !== '' && (
              <pre className="eng-diff eng-quoted" tabIndex={0} aria-label={`Answer to try ${attempt.number}`}>
                {attempt.response}
              </pre>
            )}
          </li>
        ))}
      </ol>
    </Card>
  )
}
