import { words } from '../../data/said.ts'
import type { ItemOf } from '../../data/operations.ts'
import { PlaceLink, type Place } from '../../parts/places.tsx'
import { Time } from '../../parts/time.tsx'
import { Who } from '../../parts/who.tsx'
import { summaryOf } from './summary.ts'

type EventItem = ItemOf<'events.company'>

/** One change, as a sentence: who, what, and what it was about. */
export function EventLine({ event }: { event: EventItem }) {
  const place = placeOf(event)
  const what = words(event.type.replace('.', ' '))
  return (
    <li className="eng-timeline-item">
      <Who kind={event.actor.kind} id={event.actor.id} />
      <span>
        {place ? (
          <PlaceLink to={place} className="eng-link">
            {what}
          </PlaceLink>
        ) : (
          what
        )}
      </span>
      <span className="eng-soft eng-cut">{summaryOf(event.data)}</span>
      <Time at={event.at} />
    </li>
  )
}

function placeOf({ entity, data }: EventItem): Place | null {
  if (entity.type === 'task') return { screen: 'task', taskId: entity.id }
  if (entity.type === 'run') return { screen: 'run', runId: entity.id }
  if (entity.type === 'agent') return { screen: 'agent', agentId: entity.id }
  return typeof data['taskId'] === 'string' ? { screen: 'task', taskId: data['taskId'] } : null
}
