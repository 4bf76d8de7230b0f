import { EngineError } from '@engine/client'
import { useQueryClient, type Query } from '@tanstack/react-query'
import { useLayoutEffect, useSyncExternalStore } from 'react'

import { isOperationKey } from './keys.ts'
import type { OperationName } from './operations.ts'
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
  /** What it is, in words. */
  readonly names: readonly string[]
  /** The first of the failures: what breaks several at once is mostly one thing. */
  readonly error: unknown
  retry(): void
}

/**
 * What on screen could not be read and does not say so itself; null when there is none. What a role may not read, and what is not there any
 * more, is none of it.
 */
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

function isUntold({ queryKey, state: { status, error } }: Query): boolean {
  return isOperationKey(queryKey) && status === 'error' && !told.has(error) && !(EngineError.isInstance(error) && error.kind === 'missing')
}

/** Keys are made of the names of operations. */
function operationOf(queryKey: readonly unknown[]): OperationName {
  return queryKey[1] as OperationName
}

/** `tasks.list` and `tasks.get` are “tasks”, `costs.byAgent` is “costs by agent”, `goals.progress` is “progress of goals”. */
function wordsOf(operation: OperationName): string {
  const [module = '', verb = ''] = operation.split('.')
  const what = module === 'events' ? '' : fieldWords(verb.replace(/^(list|get|find)(?=[A-Z]|$)/, ''))
  if (what === '') return fieldWords(module)
  return /^(by|on) /.test(what) ? `${fieldWords(module)} ${what}` : `${what} of ${fieldWords(module)}`
}
