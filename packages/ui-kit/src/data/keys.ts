import type { Asked } from './touches.ts'
import type { Order } from './pages.ts'

/** What every query of ours is kept under: the operation that answers it, its input, and whether it is read page by page. */
export type OperationKey = readonly ['engine', string, Readonly<Record<string, unknown>>, 'once' | 'pages']

export function keyOf(operation: string, input: object, reading: OperationKey[3] = 'once'): OperationKey {
  return ['engine', operation, Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)), reading]
}

export function isOperationKey(key: readonly unknown[]): key is OperationKey {
  return key[0] === 'engine' && typeof key[1] === 'string'
}

/** The question of a query, with the id of its answer. */
export function askedBy([, operation, input]: OperationKey, data: unknown): Asked {
  const answered = typeof data === 'object' && data !== null && 'id' in data && typeof data.id === 'string' ? data.id : undefined
  return { operation, input, answeredId: answered }
}

const newestFirst = new Set(['agents.revisions', 'comments.mentions', 'costs.list', 'deliveries.list', 'routines.fires', 'secrets.accesses', 'secrets.versions'])

export function orderOf(operation: string): Order {
  return (operation.startsWith('events.') && operation !== 'events.list') || newestFirst.has(operation) ? 'newest' : 'oldest'
}
