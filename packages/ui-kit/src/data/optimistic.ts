import type { InfiniteData, QueryClient } from '@tanstack/react-query'

import type { Task } from '@engine/core/contract'

import { isOperationKey } from './keys.ts'
import type { Page } from './pages.ts'

/** Shows a task as it will be, wherever it is shown. @returns what shows it again as it was */
export function changeTask(queries: QueryClient, taskId: string, change: Partial<Task>): () => void {
  return changeEverywhere(queries, (value) => (isTask(value) && value.id === taskId ? { ...value, ...change } : value))
}

/** Takes something off every list it is on, of one operation. @returns what puts it back */
export function takeOff(queries: QueryClient, operation: string, id: string): () => void {
  return rewrite(queries, operation, (data) => mapPages(data, (items) => items.filter((item) => !hasId(item, id))))
}

function changeEverywhere(queries: QueryClient, change: (value: unknown) => unknown): () => void {
  const undo = [
    rewrite(queries, 'tasks.list', (data) => mapPages(data, (items) => items.map(change))),
    rewrite(queries, 'tasks.get', change),
  ]
  return () => undo.forEach((each) => each())
}

function rewrite(queries: QueryClient, operation: string, change: (data: unknown) => unknown): () => void {
  const before = queries.getQueriesData({ predicate: ({ queryKey }) => isOperationKey(queryKey) && queryKey[1] === operation })
  for (const [key, data] of before) if (data !== undefined) queries.setQueryData(key, change(data))
  return () => before.forEach(([key, data]) => queries.setQueryData(key, data))
}

function mapPages(data: unknown, change: (items: readonly unknown[]) => unknown[]): unknown {
  if (typeof data !== 'object' || data === null || !('pages' in data)) return data
  // Of our queries, only lists have pages.
  const list = data as InfiniteData<Page<unknown>>
  return { ...list, pages: list.pages.map((page) => ({ ...page, items: change(page.items) })) }
}

function isTask(value: unknown): value is Task {
  return typeof value === 'object' && value !== null && 'identifier' in value && 'checkout' in value
}

function hasId(value: unknown, id: string): boolean {
  return typeof value === 'object' && value !== null && 'id' in value && value.id === id
}
