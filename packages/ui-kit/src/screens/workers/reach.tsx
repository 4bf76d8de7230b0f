import { EngineError } from '@engine/client'

import type { ItemOf } from '../../data/operations.ts'
import { useList, type ReadingList } from '../../data/use-operation.ts'
import { Empty } from '../../parts/states.tsx'

export type Worker = ItemOf<'workers.list'>
export type NodeKey = ItemOf<'nodes.listKeys'>

/** Workers belong to no company, so no stream tells of them. */
const everyMs = 5_000

export function useWorkers(): ReadingList<Worker> {
  return useList('workers.list', {}, { everyMs })
}

export function useNodeKeys(): ReadingList<NodeKey> {
  return useList('nodes.listKeys', {}, { everyMs })
}

/** Whether somebody is refused because workers are not theirs to see. */
export function isDenied(error: Error | null): boolean {
  return EngineError.isInstance(error) && error.kind === 'denied'
}

export function NotYours() {
  return (
    <Empty title="Workers are not yours to see">
      They execute the runs of all companies, so they are seen by operators of all companies, and changed by their admins.
    </Empty>
  )
}
