import { useList } from '../../data/use-operation.ts'
import { EventList } from '../activity/event-list.tsx'

export function TaskTimeline({ taskId }: { taskId: string }) {
  return <EventList of={useList('events.task', { taskId })} />
}
