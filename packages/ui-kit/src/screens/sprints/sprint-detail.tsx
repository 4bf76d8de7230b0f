import { useState } from 'react'

import type { Sprint, Task, TaskStatus } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { More } from '../../parts/more.tsx'
import { Detail, Part } from '../../parts/split.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Menu } from '../../parts/menu.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { ProgressLine } from '../../parts/progress.tsx'
import { Prose } from '../../parts/prose.tsx'
import { Empty, Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { statuses } from '../tasks/moves.ts'
import { TaskLines } from '../tasks/task-lines.tsx'
import { MoveIn } from './move-in.tsx'
import { SprintDialog } from './sprint-dialog.tsx'

const isOpenTask = ({ status }: { status: TaskStatus }) => status !== 'done' && status !== 'cancelled'

export function SprintDetail({ sprintId }: { sprintId: string }) {
  const reading = useOperation('sprints.get', { sprintId })
  return <Read of={reading}>{(sprint) => <Shown sprint={sprint} />}</Read>
}

type Open = 'change' | 'fill' | 'close'

function Shown({ sprint }: { sprint: Sprint }) {
  const { companyId } = useEngine()
  const [open, setOpen] = useState<Open | null>(null)
  const list = useList('tasks.list', { companyId, sprintId: sprint.id })
  const { items: tasks, isRead } = list
  const left = tasks.filter(isOpenTask).length
  useKeys({ e: ['sprints.update', () => setOpen('change')], m: ['tasks.updateMany', () => !isOver(sprint) && setOpen('fill')] })
  return (
    <Detail title={sprint.name} actions={<Actions sprint={sprint} left={left} onOpen={setOpen} />}>
      <About sprint={sprint} />
      {isRead && tasks.length === 0 && (
        <Empty title="Nothing is in it yet">Move the tasks in that come next; they keep their project and whoever works on them.</Empty>
      )}
      {statuses.map((status) => (
        <Group key={status} status={status} tasks={tasks.filter((task) => task.status === status)} sprint={sprint} />
      ))}
      <More of={list} />
      <SprintDialog sprint={sprint} isOpen={open === 'change'} onClose={() => setOpen(null)} />
      <MoveIn sprint={sprint} isOpen={open === 'fill'} onClose={() => setOpen(null)} />
      <Dialog title="Close the sprint" isOpen={open === 'close'} onClose={() => setOpen(null)}>
        <CloseAnyway sprint={sprint} left={left} onClose={() => setOpen(null)} />
      </Dialog>
    </Detail>
  )
}

function isOver({ status }: Sprint): boolean {
  return status === 'completed' || status === 'cancelled'
}

function Actions({ sprint, left, onOpen }: { sprint: Sprint; left: number; onOpen(open: Open): void }) {
  const tell = useTell()
  const update = useCommand('sprints.update', { onFailed: tell.failed })
  const move = (status: Sprint['status']) => update.run({ sprintId: sprint.id, status, version: sprint.version })
  return (
    <>
      <Status of={sprint.status} />
      {sprint.status === 'planning' && (
        <Button does="sprints.update" look="strong" disabled={update.isRunning} onClick={() => move('active')}>
          Start
        </Button>
      )}
      {sprint.status === 'active' && (
        <Button
          does="sprints.update"
          look="strong"
          disabled={update.isRunning}
          onClick={() => (left > 0 ? onOpen('close') : move('completed'))}
        >
          Close
        </Button>
      )}
      {!isOver(sprint) && (
        <Button does="tasks.updateMany" onClick={() => onOpen('fill')} shortcut="m">
          Move tasks in
        </Button>
      )}
      <Button does="sprints.update" onClick={() => onOpen('change')} shortcut="e">
        Change
      </Button>
      {!isOver(sprint) && (
        <Button does="sprints.update" look="bad" disabled={update.isRunning} onClick={() => move('cancelled')}>
          Cancel it
        </Button>
      )}
    </>
  )
}

function About({ sprint }: { sprint: Sprint }) {
  const { projectId, startsOn, endsOn, goal } = sprint
  const { data: progress } = useOperation('sprints.progress', { sprintId: sprint.id })
  const { data: project } = useOperation('projects.get', projectId === null ? null : { projectId })
  return (
    <>
      <div className="eng-row eng-row-wrap eng-soft">
        <span>{[startsOn, endsOn].filter((day) => day !== null).join(' – ') || 'No dates'}</span>
        {project && (
          <PlaceLink to={{ screen: 'project', projectId: project.id }} className="eng-link">
            {project.name}
          </PlaceLink>
        )}
      </div>
      <ProgressLine of={progress} label="Tasks of this sprint" />
      {goal !== null && <Prose text={goal} />}
    </>
  )
}

function CloseAnyway({ sprint, left, onClose }: { sprint: Sprint; left: number; onClose(): void }) {
  const tell = useTell()
  const update = useCommand('sprints.update', { onFailed: tell.failed, onDone: onClose })
  return (
    <div className="eng-dialog-body">
      <p>
        {left === 1 ? 'One task is' : `${left} tasks are`} still open. They stay in this sprint as they are; move them on from here before
        or after.
      </p>
      <div className="eng-row">
        <Button
          does="sprints.update"
          look="strong"
          disabled={update.isRunning}
          onClick={() => update.run({ sprintId: sprint.id, status: 'completed', version: sprint.version })}
        >
          Close it anyway
        </Button>
      </div>
    </div>
  )
}

function Group({ status, tasks, sprint }: { status: TaskStatus; tasks: readonly Task[]; sprint: Sprint }) {
  if (tasks.length === 0) return null
  return (
    <Part title={words(status)} aside={<span className="eng-soft">{tasks.length}</span>}>
      <TaskLines label={words(status)} tasks={tasks} action={(task) => isOpenTask(task) && <MoveOn task={task} from={sprint.id} />} />
    </Part>
  )
}

/** Takes a task out, or into a sprint that is not over. */
function MoveOn({ task, from }: { task: Task; from: string }) {
  const { companyId } = useEngine()
  const { items } = useList('sprints.list', { companyId })
  const tell = useTell()
  const update = useCommand('tasks.update', { onFailed: tell.failed })
  const move = (sprintId: string | null) => update.run({ taskId: task.id, version: task.version, sprintId })
  const others = items.filter(
    ({ id, status, projectId }) =>
      id !== from && (status === 'planning' || status === 'active') && (projectId === null || projectId === task.projectId),
  )
  return (
    <Menu
      look="plain"
      label={
        <>
          Move<span className="eng-hidden"> {task.identifier}</span>
        </>
      }
      isDisabled={update.isRunning}
      choices={[
        ...others.map(({ id, name }) => ({ key: id, does: 'tasks.update' as const, label: `To ${name}`, choose: () => move(id) })),
        { key: 'out', does: 'tasks.update', label: 'Out of the sprint', choose: () => move(null) },
      ]}
    />
  )
}
