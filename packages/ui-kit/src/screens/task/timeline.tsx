import { useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { EventLine } from '../activity/event-line.tsx'

export function TaskTimeline({ taskId }: { taskId: string }) {
  const { items, hasMore, more } = useList('events.task', { taskId })
  return (
    <div className="eng-stack">
      <ol className="eng-timeline">
        {items.map((event) => (
          <EventLine key={event.id} event={event} />
        ))}
      </ol>
      {hasMore && (
        <div>
          <Button onClick={more}>Earlier</Button>
        </div>
      )}
    </div>
  )
}
