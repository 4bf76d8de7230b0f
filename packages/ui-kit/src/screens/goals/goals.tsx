import { useMemo, useState } from 'react'

import { useEngine } from '../../data/provider.tsx'
import { useOperation } from '../../data/use-operation.ts'
import { Collection } from '../../parts/collection.tsx'
import { PlaceLink, useOpened, usePlaces, type Place } from '../../parts/places.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { AgentName } from '../../parts/who.tsx'
import { flatten, type FlatGoal } from './flat.ts'
import { GoalDetail } from './goal-detail.tsx'
import { GoalDialog } from './goal-dialog.tsx'

const placeOf = (id: string | null): Place => (id === null ? { screen: 'goals' } : { screen: 'goal', goalId: id })

/** What everything is done for, each goal below the one that it serves. */
export function Goals({ goalId = null }: { goalId?: string | null }) {
  const { companyId } = useEngine()
  const [opened, open] = useOpened(goalId, placeOf)
  const { go } = usePlaces()
  const { data, error, isLoading, retry } = useOperation('goals.tree', { companyId })
  const items = useMemo(() => flatten(data?.goals ?? []), [data])
  const [isNew, setIsNew] = useState(false)
  return (
    <Collection
      does="goals.create"
      title="Goals"
      add="New goal"
      onAdd={() => setIsNew(true)}
      list={{ items, isRead: data !== undefined, error, isLoading, retry, hasMore: false, more: () => undefined }}
      opened={opened}
      onOpen={open}
      rowHeight={44}
      row={(item) => <Row item={item} />}
      detail={(id) => <GoalDetail key={id} goalId={id} />}
      empty={
        <Empty title="Nothing is worked for yet">
          Set the goal of the company first. Goals of teams and agents come below it, and every task can say which one it serves.
        </Empty>
      }
    >
      <GoalDialog
        given={{ goal: null, parentId: items[0]?.id ?? null }}
        isOpen={isNew}
        onClose={() => setIsNew(false)}
        onDone={({ id }) => go(placeOf(id))}
      />
    </Collection>
  )
}

function Row({ item: { id, level, goal } }: { item: FlatGoal }) {
  const deep = (element: HTMLElement | null) => element?.style.setProperty('--eng-level', String(level))
  return (
    <>
      {level > 0 && <span className="eng-depth" ref={deep} aria-hidden />}
      <Status of={goal.status} isBare />
      <PlaceLink to={{ screen: 'goal', goalId: id }} className="eng-grow eng-cut eng-line-title">
        {goal.title}
      </PlaceLink>
      {goal.ownerAgentId !== null && (
        <span className="eng-small eng-wide eng-cell-owner">
          <AgentName id={goal.ownerAgentId} />
        </span>
      )}
    </>
  )
}
