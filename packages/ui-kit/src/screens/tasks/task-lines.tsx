import type { ReactNode } from 'react'

import type { Task } from '@engine/core/contract'

import { PlaceLink } from '../../parts/places.tsx'
import { Priority, Status } from '../../parts/status.tsx'
import { Assignee } from '../../parts/who.tsx'

interface TaskLinesProps {
  readonly label: string
  readonly tasks: readonly Task[]
  /** What can be done with one of them where it stands. */
  action?(task: Task): ReactNode
}

/** A few tasks below each other. */
export function TaskLines({ label, tasks, action }: TaskLinesProps) {
  return (
    <ul className="eng-lines" aria-label={label}>
      {tasks.map((task) => (
        <li key={task.id}>
          <span className="eng-cell-priority">
            <Priority of={task.priority} />
          </span>
          <Status of={task.status} isBare />
          <PlaceLink to={{ screen: 'task', taskId: task.identifier }} className="eng-row eng-grow">
            <span className="eng-soft eng-mono eng-small">{task.identifier}</span>
            <span className="eng-cut">{task.title}</span>
          </PlaceLink>
          <span className="eng-wide">
            <Assignee agentId={task.assigneeAgentId} userId={task.assigneeUserId} />
          </span>
          {action?.(task)}
        </li>
      ))}
    </ul>
  )
}
