import { useSyncExternalStore } from 'react'

import { moment, shortMoment, tickMs, timeFrom } from './format.ts'

const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for all times that are shown. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, tickMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function read(): number {
  // With nobody listening it stood still.
  if (listeners.size === 0) now = Date.now()
  return now
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, read, read)
}

const exactKey = 'engine.times'
const exactListeners = new Set<() => void>()

function subscribeExact(listener: () => void): () => void {
  exactListeners.add(listener)
  return () => void exactListeners.delete(listener)
}

/** Whether times are shown as moments; kept in this browser. */
export function useExactTimes(): readonly [boolean, (isExact: boolean) => void] {
  const isExact = useSyncExternalStore(
    subscribeExact,
    () => localStorage.getItem(exactKey) === 'exact',
    () => false,
  )
  const set = (next: boolean) => {
    localStorage.setItem(exactKey, next ? 'exact' : 'ago')
    for (const each of exactListeners) each()
  }
  return [isExact, set]
}

/** How long ago, or exactly when, as the reader wants it; the other for a pointer that rests on it. */
export function Time({ at }: { at: string }) {
  const ago = timeFrom(at, useNow())
  const [isExact] = useExactTimes()
  return (
    <time className="eng-soft eng-small eng-nowrap" dateTime={at} title={isExact ? ago : moment(at)}>
      {isExact ? shortMoment(at) : ago}
    </time>
  )
}
