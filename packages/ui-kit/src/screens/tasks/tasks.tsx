import { Columns3, Plus, Rows3 } from 'lucide-react'
import { useMemo, useState } from 'react'

import type { Task } from '@engine/core/contract'

import { useTasks } from '../../data/hooks.ts'
import { Button } from '../../parts/button.tsx'
import { useChoices, usePlaces } from '../../parts/places.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Empty, FailureNotice, Loading } from '../../parts/states.tsx'
import { useChosen } from '../../parts/use-chosen.ts'
import { useKeys } from '../../parts/use-keys.ts'
import { VirtualList } from '../../parts/virtual-list.tsx'
import { BulkBar } from './bulk-bar.tsx'
import { FilterBar } from './filter-bar.tsx'
import { matching, toFilter } from './filter.ts'
import { Lanes } from './lanes.tsx'
import { TaskForm } from './task-form.tsx'
import { TaskRow } from './task-row.tsx'

/** All tasks of a company: as a list of any length, or as a board. */
export function Tasks() {
  const [choices, choose] = useChoices()
  const [isNewOpen, setIsNewOpen] = useState(false)
  const filter = useMemo(() => toFilter(choices), [choices])
  const isBoard = choices['view'] === 'board'
  useKeys({ c: ['tasks.create', () => setIsNewOpen(true)], b: () => choose({ view: isBoard ? '' : 'board' }) })
  const actions = (
    <>
      <Button aria-pressed={isBoard} onClick={() => choose({ view: isBoard ? '' : 'board' })} shortcut="b">
        {isBoard ? <Rows3 size={15} aria-hidden /> : <Columns3 size={15} aria-hidden />}
        {isBoard ? 'List' : 'Board'}
      </Button>
      <Button does="tasks.create" look="strong" onClick={() => setIsNewOpen(true)} shortcut="c">
        <Plus size={15} aria-hidden /> New task
      </Button>
    </>
  )
  return (
    <Screen title="Tasks" actions={actions}>
      <FilterBar choices={choices} onChange={choose} />
      <div className="eng-fill">
        {isBoard ? (
          <Lanes filter={filter} text={choices['text'] ?? ''} />
        ) : (
          <List filter={filter} text={choices['text'] ?? ''} onNew={() => setIsNewOpen(true)} />
        )}
      </div>
      {isNewOpen && <TaskForm task={null} onClose={() => setIsNewOpen(false)} />}
    </Screen>
  )
}

interface ListProps {
  readonly filter: ReturnType<typeof toFilter>
  readonly text: string
  onNew(): void
}

function List({ filter, text, onNew }: ListProps) {
  const { items, isRead, isLoading, error, hasMore, more, retry } = useTasks(filter)
  const { go } = usePlaces()
  const [activeId, setActiveId] = useState<string | null>(null)
  const { chosen, toggle, clear } = useChosen()
  const shown = matching(items, text)
  useKeys({ x: ['tasks.updateMany', () => activeId !== null && toggle(activeId)], Escape: clear })
  if (error && items.length === 0)
    return (
      <div className="eng-pad">
        <FailureNotice error={error} onRetry={retry} />
      </div>
    )
  if (isLoading || !isRead) return <Loading />
  if (shown.length === 0) return <NoTasks isFiltered={text !== '' || Object.keys(filter).length > 0} onNew={onNew} />
  return (
    <div className="eng-fill eng-fill-column">
      <div className="eng-fill">
        <VirtualList
          label="Tasks"
          items={shown}
          rowHeight={40}
          activeId={activeId}
          chosen={chosen}
          onActive={(task) => setActiveId(task.id)}
          onOpen={(task: Task) => go({ screen: 'task', taskId: task.identifier })}
          hasMore={hasMore}
          more={more}
        >
          {(task) => <TaskRow task={task} isChosen={chosen.has(task.id)} onChoose={() => toggle(task.id)} />}
        </VirtualList>
      </div>
      {chosen.size > 0 && <BulkBar tasks={shown.filter(({ id }) => chosen.has(id))} onDone={clear} />}
    </div>
  )
}

function NoTasks({ isFiltered, onNew }: { isFiltered: boolean; onNew(): void }) {
  if (isFiltered) return <Empty title="No task is like that">Take a part of the filter away, and others show.</Empty>
  return (
    <Empty
      title="There is nothing to do yet"
      action={
        <Button does="tasks.create" look="strong" onClick={onNew} shortcut="c">
          New task
        </Button>
      }
    >
      Say what must be done, and give it to an agent: it starts by itself, and its result comes to your inbox.
    </Empty>
  )
}
