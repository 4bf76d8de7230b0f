import { useSyncExternalStore } from 'react'

import { moment, timeFrom } from './format.ts'

const tickMs = 10_000
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

/** How long ago; exactly when, for a pointer that rests on it. */
export function Time({ at }: { at: string }) {
  const shown = timeFrom(at, useNow())
  return (
    <time className="eng-soft eng-small" dateTime={at} title={moment(at)}>
      {shown}
    </time>
  )
}
