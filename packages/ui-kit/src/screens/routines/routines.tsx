import { useState } from 'react'

import type { Routine } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { Collection } from '../../parts/collection.tsx'
import { PlaceLink, useOpened, usePlaces, type Place } from '../../parts/places.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { nextOf } from './next.ts'
import { RoutineDetail } from './routine-detail.tsx'
import { RoutineDialog } from './routine-dialog.tsx'

const placeOf = (id: string | null): Place => (id === null ? { screen: 'routines' } : { screen: 'routine', routineId: id })

/** Work that comes again: when next, and what became of it each time. */
export function Routines({ routineId = null }: { routineId?: string | null }) {
  const { companyId } = useEngine()
  const [opened, open] = useOpened(routineId, placeOf)
  const { go } = usePlaces()
  const list = useList('routines.list', { companyId })
  const [isNew, setIsNew] = useState(false)
  return (
    <Collection
      does="routines.create"
      title="Routines"
      add="New routine"
      onAdd={() => setIsNew(true)}
      list={list}
      opened={opened}
      onOpen={open}
      rowHeight={56}
      row={(routine) => <Row routine={routine} />}
      detail={(id) => <RoutineDetail key={id} routineId={id} />}
      empty={
        <Empty title="Nothing comes again yet">
          Say what the task is, and when: by a schedule, or whenever another system calls. Each time a task is made and goes to work.
        </Empty>
      }
    >
      <RoutineDialog routine={null} isOpen={isNew} onClose={() => setIsNew(false)} onDone={({ id }) => go(placeOf(id))} />
    </Collection>
  )
}

function Row({ routine: { id, name, status } }: { routine: Routine }) {
  const { items } = useList('routines.triggers', status === 'active' ? { routineId: id } : null)
  const next = nextOf(items)
  return (
    <>
      <Status of={status} isBare />
      <span className="eng-stack eng-stack-none eng-grow">
        <PlaceLink to={{ screen: 'routine', routineId: id }} className="eng-cut eng-line-title">
          {name}
        </PlaceLink>
        <span className="eng-soft eng-small">
          {next === null ? status === 'active' ? 'when it is called' : status : <Time at={next} />}
        </span>
      </span>
    </>
  )
}
