import { Plus } from 'lucide-react'
import { useState } from 'react'

import type { Route } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { useChoices } from '../../parts/places.tsx'
import { Screen } from '../../parts/screen.tsx'
import { LineButton, Split } from '../../parts/split.tsx'
import { Empty, NotThere } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { RouteDetail } from './route-detail.tsx'
import { RouteForm } from './route-form.tsx'

/** Where what happens is sent: made, tried and stopped here. */
export function Routes() {
  const { companyId } = useEngine()
  const [choices, choose] = useChoices()
  const [isNewOpen, setIsNewOpen] = useState(false)
  const reading = useList('routes.list', { companyId })
  const open = () => setIsNewOpen(true)
  useKeys({ c: open })
  const action = (
    <Button look="strong" onClick={open} shortcut="c">
      <Plus size={15} aria-hidden /> New route
    </Button>
  )
  return (
    <Screen title="Routes" actions={action}>
      <Split
        label="Routes"
        list={reading}
        opened={choices['route'] ?? null}
        onOpen={(id) => choose({ route: id ?? '' })}
        rowHeight={60}
        empty={
          <Empty title="Nothing is sent out yet" action={action}>
            A route sends what happens here to a webhook, a mailbox, a channel or a bucket: approved results, failed runs, limits that were
            reached.
          </Empty>
        }
        row={(route) => <Row route={route} onOpen={() => choose({ route: route.id })} />}
        detail={(id) => <Shown key={id} route={reading.items.find((route) => route.id === id)} onGone={() => choose({ route: '' })} />}
      />
      <RouteForm route={null} isOpen={isNewOpen} onClose={() => setIsNewOpen(false)} onSaved={({ id }) => choose({ route: id })} />
    </Screen>
  )
}

function Shown({ route, onGone }: { route: Route | undefined; onGone(): void }) {
  return route ? <RouteDetail route={route} onGone={onGone} /> : <NotThere />
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
