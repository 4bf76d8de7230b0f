import { useMemo, useState } from 'react'

import type { Sprint } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { Collection } from '../../parts/collection.tsx'
import { PlaceLink, useOpened, usePlaces, type Place } from '../../parts/places.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { inTurn } from './order.ts'
import { SprintDetail } from './sprint-detail.tsx'
import { SprintDialog } from './sprint-dialog.tsx'

const placeOf = (id: string | null): Place => (id === null ? { screen: 'sprints' } : { screen: 'sprint', sprintId: id })

/** What comes next and until when: the sprint that runs first, then those that are planned, then those that are over. */
export function Sprints({ sprintId = null }: { sprintId?: string | null }) {
  const { companyId } = useEngine()
  const [opened, open] = useOpened(sprintId, placeOf)
  const { go } = usePlaces()
  const list = useList('sprints.list', { companyId })
  const items = useMemo(() => inTurn(list.items), [list.items])
  const [isNew, setIsNew] = useState(false)
  return (
    <Collection
      does="sprints.create"
      title="Sprints"
      add="New sprint"
      onAdd={() => setIsNew(true)}
      list={{ ...list, items }}
      opened={opened}
      onOpen={open}
      rowHeight={56}
      row={(sprint) => <Row sprint={sprint} />}
      detail={(id) => <SprintDetail key={id} sprintId={id} />}
      empty={
        <Empty title="No sprint yet">
          Plan one, move the tasks into it that come next, and start it. When it is closed, what is left stays in it until you move it on.
        </Empty>
      }
    >
      <SprintDialog sprint={null} isOpen={isNew} onClose={() => setIsNew(false)} onDone={({ id }) => go(placeOf(id))} />
    </Collection>
  )
}

function Row({ sprint: { id, name, status, startsOn, endsOn } }: { sprint: Sprint }) {
  const days = [startsOn, endsOn].filter((day) => day !== null).join(' – ')
  return (
    <>
      <Status of={status} isBare />
      <span className="eng-stack eng-stack-none eng-grow">
        <PlaceLink to={{ screen: 'sprint', sprintId: id }} className="eng-cut eng-line-title">
          {name}
        </PlaceLink>
        <span className="eng-soft eng-small">{days === '' ? 'no dates' : days}</span>
      </span>
    </>
  )
}
