import { useQueryClient, type Query } from '@tanstack/react-query'
import { useLayoutEffect, useSyncExternalStore } from 'react'

import { isOperationKey } from './keys.ts'
import type { ListName } from './operations.ts'
import { useMay } from './provider.tsx'
import { fieldWords } from './said.ts'

/** The failures that are said where they belong, with how often. */
const told = new Map<unknown, number>()
const listeners = new Set<() => void>()

/** Says that a failure is shown in its place, for as long as whatever shows it stands there. */
export function useTold(error: unknown): void {
  useLayoutEffect(() => {
    count(error, 1)
    return () => count(error, -1)
  }, [error])
}

function count(error: unknown, by: 1 | -1): void {
  const now = (told.get(error) ?? 0) + by
  if (now > 0) told.set(error, now)
  else told.delete(error)
  listeners.forEach((listener) => listener())
}

interface Unread {
  /** Of what there are lists, in words. */
  readonly names: readonly string[]
  /** The first of the failures: what breaks several lists at once is mostly one thing. */
  readonly error: unknown
  retry(): void
}

/** The lists on screen that could not be read and do not say so themselves; null when there are none. What a role may not read is none of them. */
export function useUnread(): Unread | null {
  const queries = useQueryClient()
  const may = useMay()
  const cache = queries.getQueryCache()
  const failed = () => cache.findAll({ type: 'active', predicate: isUntold })
  // What is compared has to be the same as long as nothing changed: the hashes of the queries are.
  const hashes = useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      const leave = cache.subscribe(listener)
      return () => (listeners.delete(listener), leave())
    },
    () => JSON.stringify(failed().map(({ queryHash }) => queryHash)),
  )
  const unread = failed().filter(({ queryHash, queryKey }) => hashes.includes(JSON.stringify(queryHash)) && may(operationOf(queryKey)))
  const [first] = unread
  if (!first) return null
  return {
    names: [...new Set(unread.map(({ queryKey }) => wordsOf(operationOf(queryKey))))],
    error: first.state.error,
    retry: () => unread.forEach((query) => void query.fetch().catch(() => undefined)),
  }
}

function isUntold({ queryKey, state }: Query): boolean {
  return isOperationKey(queryKey) && queryKey[3] === 'pages' && state.status === 'error' && !told.has(state.error)
}

/** Lists alone are read by pages. */
function operationOf(queryKey: readonly unknown[]): ListName {
  return queryKey[1] as ListName
}

/** `comments.listOnDeliverable` is “comments on deliverable”. */
function wordsOf(operation: ListName): string {
  return fieldWords(operation.replace(/\.list(?=[A-Z]|$)/, '.')).trim()
}
