import type { ReadingList } from '../../data/use-operation.ts'
import type { ItemOf } from '../../data/operations.ts'
import { More } from '../../parts/more.tsx'
import { EventLine } from './event-line.tsx'

/** What happened, newest first and as far back as anybody asks. */
export function EventList({ of: list }: { of: ReadingList<ItemOf<'events.company'>> }) {
  return (
    <div className="eng-stack">
      <ol className="eng-timeline">
        {list.items.map((event) => (
          <EventLine key={event.id} event={event} />
        ))}
      </ol>
      <More of={list}>Earlier</More>
    </div>
  )
}
