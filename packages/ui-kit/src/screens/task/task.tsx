import { useState } from 'react'

import type { Task as TaskData } from '@engine/core/contract'

import { useTask } from '../../data/hooks.ts'
import { useList } from '../../data/use-operation.ts'
import { PluginSlot } from '../../frames/plugin-slot.tsx'
import { Button } from '../../parts/button.tsx'
import { Menu } from '../../parts/menu.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Tabs, type Tab } from '../../parts/tabs.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { moveTo, movesFrom } from '../tasks/moves.ts'
import { TaskForm } from '../tasks/task-form.tsx'
import { useMove } from '../tasks/use-move.ts'
import { Deliverables } from './deliverables.tsx'
import { Deliveries } from './deliveries.tsx'
import { Documents } from './documents.tsx'
import { Files } from './files.tsx'
import { Overview } from './overview.tsx'
import { TaskRuns } from './runs.tsx'
import { TaskFacts } from './task-facts.tsx'
import { TaskMore } from './task-more.tsx'
import { TaskTimeline } from './timeline.tsx'
import { Thread } from './thread.tsx'

/** All about one task, and the decisions on it where they stand. */
export function Task({ taskId }: { taskId: string }) {
  const reading = useTask(taskId)
  return <Read of={reading}>{(task) => <Shown task={task} />}</Read>
}

function Shown({ task }: { task: TaskData }) {
  const [open, setOpen] = useState('overview')
  const deliverables = useList('deliverables.list', { companyId: task.companyId, taskId: task.id })
  const comments = useList('comments.list', { taskId: task.id })
  const [isChanging, setIsChanging] = useState(false)
  const isOver = ['done', 'cancelled'].includes(task.status)
  useKeys({ e: ['tasks.update', () => setIsChanging(!isOver)] })
  const number = (count: number) => (count > 0 ? ` ${count}` : '')
  const tabs: Tab[] = [
    { key: 'overview', label: 'Overview', content: () => <Overview task={task} deliverables={deliverables.items} /> },
    {
      key: 'thread',
      label: `Thread${number(comments.items.length)}`,
      content: () => <Thread about={{ taskId: task.id }} comments={comments} />,
    },
    {
      key: 'deliverables',
      label: `Deliverables${number(deliverables.items.length)}`,
      content: () => <Deliverables of={deliverables} />,
    },
    { key: 'documents', label: 'Documents', content: () => <Documents taskId={task.id} /> },
    { key: 'files', label: 'Files', content: () => <Files taskId={task.id} /> },
    { key: 'runs', label: 'Runs', content: () => <TaskRuns taskId={task.id} /> },
    {
      key: 'deliveries',
      shows: 'deliveries.list',
      label: 'Deliveries',
      content: () => <Deliveries entityIds={[task.id, ...deliverables.items.map(({ id }) => id)]} />,
    },
    { key: 'timeline', label: 'Timeline', content: () => <TaskTimeline taskId={task.id} /> },
  ]
  const title = (
    <span className="eng-row">
      <PlaceLink to={{ screen: 'tasks' }} className="eng-soft eng-mono eng-small eng-nowrap">
        {task.identifier}
      </PlaceLink>
      <span className="eng-cut">{task.title}</span>
    </span>
  )
  return (
    <Screen title={title} actions={<Actions task={task} onChange={() => setIsChanging(true)} />} isPadded>
      <div className="eng-columns">
        <Tabs tabs={tabs} open={open} onOpen={setOpen} />
        <div className="eng-stack">
          <TaskFacts task={task} />
          <PluginSlot slot="task" taskId={task.id} />
        </div>
      </div>
      {isChanging && <TaskForm task={task} onClose={() => setIsChanging(false)} />}
    </Screen>
  )
}

function Actions({ task, onChange }: { task: TaskData; onChange(): void }) {
  const move = useMove()
  const moves = movesFrom(task.status)
  return (
    <>
      <Status of={task.status} />
      {!['done', 'cancelled'].includes(task.status) && (
        <Button does="tasks.update" onClick={onChange} shortcut="e">
          Change
        </Button>
      )}
      {moves.length > 0 && (
        <Menu
          label="Move"
          choices={moves.map((to) => ({
            key: to,
            does: moveTo(task.status, to),
            label: <Status of={to} />,
            choose: () => move(task, to),
          }))}
        />
      )}
      <TaskMore task={task} />
    </>
  )
}
