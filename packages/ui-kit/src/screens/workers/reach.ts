import type { ItemOf } from '../../data/operations.ts'
import { useList, type ReadingList } from '../../data/use-operation.ts'

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
