import { useList, useOperation } from '../../data/use-operation.ts'
import { More } from '../../parts/more.tsx'
import { Said } from '../../parts/said.tsx'
import { Part } from '../../parts/split.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'

const sources = { cron: 'by its schedule', webhook: 'by another system', api: 'by hand' } as const

/** Each time that a routine fired, and what became of it. */
export function Fires({ routineId }: { routineId: string }) {
  const list = useList('routines.fires', { routineId, limit: 25 })
  const { items, isRead } = list
  return (
    <Part title="What became of it">
      {isRead && items.length === 0 && <p className="eng-soft">It has not fired yet.</p>}
      <ul className="eng-lines" aria-label="Fires">
        {items.map(({ id, status, source, taskId, reason, variables, createdAt }) => (
          <li key={id}>
            <Status of={status} />
            <span className="eng-soft">{sources[source]}</span>
            <span className="eng-grow eng-row">
              {taskId !== null && <TaskName taskId={taskId} />}
              {Object.keys(variables).length > 0 && (
                <span className="eng-soft eng-small">
                  {Object.entries(variables)
                    .map(([name, value]) => `${name}: ${value}`)
                    .join(', ')}
                </span>
              )}
              {reason !== null && (
                <span className={status === 'failed' ? 'eng-bad' : 'eng-soft'}>
                  <Said text={reason} />
                </span>
              )}
            </span>
            <Time at={createdAt} />
          </li>
        ))}
      </ul>
      <More of={list}>Earlier</More>
    </Part>
  )
}

function TaskName({ taskId }: { taskId: string }) {
  const { data: task } = useOperation('tasks.get', { taskId })
  if (!task) return null
  return (
    <PlaceLink to={{ screen: 'task', taskId: task.identifier }} className="eng-row">
      <Status of={task.status} isBare />
      <span className="eng-soft eng-mono eng-small eng-nowrap">{task.identifier}</span>
      <span className="eng-cut">{task.title}</span>
    </PlaceLink>
  )
}
