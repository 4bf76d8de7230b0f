import type { Task } from '@engine/core/contract'

import { useMay } from '../../data/provider.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Priority, Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { Assignee } from '../../parts/who.tsx'

export function TaskRow({ task, isChosen, onChoose }: { task: Task; isChosen: boolean; onChoose(): void }) {
  const may = useMay()
  return (
    <>
      {may('tasks.updateMany') && (
        <label className="eng-hit">
          <input type="checkbox" className="eng-check" checked={isChosen} onChange={onChoose} />
          <span className="eng-hidden">Choose {task.identifier}</span>
        </label>
      )}
      <span className="eng-cell-priority">
        <Priority of={task.priority} />
      </span>
      <span className="eng-soft eng-small eng-mono eng-cell-identifier">{task.identifier}</span>
      <Status of={task.status} isBare />
      <PlaceLink to={{ screen: 'task', taskId: task.identifier }} className="eng-grow eng-cut eng-line-title">
        {task.title}
      </PlaceLink>
      {task.labels.slice(0, 2).map(({ id, name }) => (
        <span key={id} className="eng-tag eng-wide eng-cut eng-cell-label" title={name}>
          {name}
        </span>
      ))}
      {task.checkout && (
        <span className="eng-badge eng-wide" data-tone="busy">
          {task.progress.percent} %
        </span>
      )}
      <span className="eng-cell-who eng-wide">
        <Assignee agentId={task.assigneeAgentId} userId={task.assigneeUserId} />
      </span>
      <span className="eng-cell-time eng-wide">
        <Time at={task.updatedAt} />
      </span>
    </>
  )
}
