import { draggable, dropTargetForElements } from '@atlaskit/pragmatic-drag-and-drop/element/adapter'
import { useEffect, useRef, useState } from 'react'

import type { Task, TaskStatus } from '@engine/core/contract'

import { words } from '../../data/said.ts'
import { useTasks } from '../../data/hooks.ts'
import { useMay } from '../../data/provider.tsx'
import { Button } from '../../parts/button.tsx'
import { Menu } from '../../parts/menu.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Priority, Status } from '../../parts/status.tsx'
import { Assignee } from '../../parts/who.tsx'
import { matching, type TaskFilter } from './filter.ts'
import { moveTo, movesFrom, type Move } from './moves.ts'
import { useMove } from './use-move.ts'

const lanes = ['backlog', 'todo', 'in_progress', 'in_review', 'blocked', 'done'] as const satisfies readonly TaskStatus[]

interface LanesProps {
  readonly filter: TaskFilter
  readonly text: string
}

/** Tasks by their status. A card is dragged where it may go; with the keyboard, its menu moves it there. */
export function Lanes({ filter, text }: LanesProps) {
  const [dragged, setDragged] = useState<TaskStatus | null>(null)
  const shown = lanes.filter((status) => filter.status === undefined || filter.status.includes(status))
  return (
    <div className="eng-lanes" role="region" aria-label="Tasks by status" tabIndex={0}>
      {shown.map((status) => (
        <Lane key={status} status={status} filter={filter} text={text} dragged={dragged} onDrag={setDragged} />
      ))}
    </div>
  )
}

interface LaneProps extends LanesProps {
  readonly status: TaskStatus
  /** The status of the card that is dragged. */
  readonly dragged: TaskStatus | null
  onDrag(from: TaskStatus | null): void
}

function Lane({ status, filter, text, dragged, onDrag }: LaneProps) {
  const { items, hasMore, more } = useTasks({ ...filter, status: [status] })
  const move = useMove()
  const element = useRef<HTMLElement>(null)
  const [isOver, setIsOver] = useState(false)
  const current = useRef(move)
  useEffect(() => {
    current.current = move
  })
  useEffect(() => {
    if (!element.current) return
    return dropTargetForElements({
      element: element.current,
      canDrop: ({ source }) => isTask(source.data['task']) && moveTo(source.data['task'].status, status) !== null,
      onDragEnter: () => setIsOver(true),
      onDragLeave: () => setIsOver(false),
      onDrop: ({ source }) => {
        setIsOver(false)
        if (isTask(source.data['task'])) current.current(source.data['task'], status)
      },
    })
  }, [status])
  const shown = matching(items, text)
  const state = dragged === null || dragged === status ? undefined : isOver ? 'over' : moveTo(dragged, status) ? 'legal' : 'illegal'
  return (
    <section className="eng-lane" data-state={state} ref={element} aria-label={words(status)}>
      <h2 className="eng-lane-head">
        <Status of={status} />
        <span className="eng-soft eng-small">
          {shown.length}
          {hasMore && '+'}
        </span>
      </h2>
      <ul className="eng-lane-cards">
        {shown.map((task) => (
          <TaskCard key={task.id} task={task} onDrag={onDrag} onMove={move} />
        ))}
        {hasMore && (
          <li>
            <Button look="plain" onClick={more}>
              Show more
            </Button>
          </li>
        )}
      </ul>
    </section>
  )
}

function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && 'identifier' in value
}

interface TaskCardProps {
  readonly task: Task
  onDrag(from: TaskStatus | null): void
  onMove(task: Task, to: TaskStatus): void
}

function TaskCard({ task, onDrag, onMove }: TaskCardProps) {
  const element = useRef<HTMLLIElement>(null)
  const [isDragged, setIsDragged] = useState(false)
  const may = useMay()
  const moves = movesFrom(task.status)
  const isOffered = (move: Move | null) => move !== null && may(move)
  const isMovable = moves.some((to) => isOffered(moveTo(task.status, to)))
  useEffect(() => {
    if (!element.current || !isMovable) return
    return draggable({
      element: element.current,
      getInitialData: () => ({ task }),
      onDragStart: () => {
        setIsDragged(true)
        onDrag(task.status)
      },
      onDrop: () => {
        setIsDragged(false)
        onDrag(null)
      },
    })
  }, [task, onDrag, isMovable])
  return (
    <li className="eng-lane-card" ref={element} data-dragged={isDragged} data-task={task.identifier}>
      <div className="eng-row">
        <span className="eng-soft eng-small eng-mono eng-grow">{task.identifier}</span>
        <Priority of={task.priority} />
      </div>
      <PlaceLink to={{ screen: 'task', taskId: task.identifier }} className="eng-strong" isDraggable={false}>
        {task.title}
      </PlaceLink>
      <div className="eng-row">
        <span className="eng-grow">
          <Assignee agentId={task.assigneeAgentId} userId={task.assigneeUserId} />
        </span>
        {moves.length > 0 && (
          <Menu
            label={<span aria-label={`Move ${task.identifier}`}>Move</span>}
            choices={moves.map((to) => ({
              key: to,
              does: moveTo(task.status, to),
              label: <Status of={to} />,
              choose: () => onMove(task, to),
            }))}
          />
        )}
      </div>
    </li>
  )
}
