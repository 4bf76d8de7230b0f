import { useState } from 'react'

import type { Route } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { Collection } from '../../parts/collection.tsx'
import { useChosen } from '../../parts/places.tsx'
import { LineButton } from '../../parts/split.tsx'
import { Empty, NotThere } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { RouteDetail } from './route-detail.tsx'
import { RouteForm } from './route-form.tsx'

/** Where what happens is sent: made, tried and stopped here. */
export function Routes() {
  const { companyId } = useEngine()
  const [opened, open] = useChosen('route')
  const [isNewOpen, setIsNewOpen] = useState(false)
  return (
    <Collection
      does="routes.create"
      title="Routes"
      add="New route"
      onAdd={() => setIsNewOpen(true)}
      list={useList('routes.list', { companyId })}
      opened={opened}
      onOpen={open}
      rowHeight={60}
      empty={
        <Empty title="Nothing is sent out yet">
          A route sends what happens here to a webhook, a mailbox, a channel or a bucket: approved results, failed runs, limits that were
          reached.
        </Empty>
      }
      row={(route) => <Row route={route} onOpen={() => open(route.id)} />}
      detail={(id, route) => (route ? <RouteDetail key={id} route={route} onGone={() => open(null, 'replace')} /> : <NotThere />)}
    >
      {isNewOpen && <RouteForm route={null} onClose={() => setIsNewOpen(false)} onSaved={({ id }) => open(id)} />}
    </Collection>
  )
}

function Row({ route, onOpen }: { route: Route; onOpen(): void }) {
  return (
    <LineButton onClick={onOpen}>
      <span className="eng-row eng-line-title">
        <span className="eng-cut eng-grow">{route.name}</span>
        <Status of={route.isEnabled ? 'active' : 'paused'} isBare />
      </span>
      <span className="eng-cut eng-soft eng-small eng-line-title">
        {route.events.join(', ')} → {route.destinationType}
      </span>
    </LineButton>
  )
}
