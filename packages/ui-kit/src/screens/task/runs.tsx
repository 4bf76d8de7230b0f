import { useRuns } from '../../data/hooks.ts'
import { Empty } from '../../parts/states.tsx'
import { RunTable } from '../run/run-table.tsx'

export function TaskRuns({ taskId }: { taskId: string }) {
  const { items, isRead } = useRuns({ taskId })
  if (items.length === 0)
    return isRead && <Empty title="It has not run yet">A run begins when the task is assigned and nothing stands in its way.</Empty>
  return <RunTable runs={items.toReversed()} />
}
