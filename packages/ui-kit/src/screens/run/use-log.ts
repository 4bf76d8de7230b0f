import { useEffect, useState } from 'react'

import type { LogChunk } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { whileShown } from '../../data/while-shown.ts'

/** As much of a log as a page can hold without becoming slow. */
const mostChunks = 5_000

export interface Log {
  readonly chunks: readonly LogChunk[]
  readonly isComplete: boolean
  readonly error: unknown
}

const nothing: Log = { chunks: [], isComplete: false, error: null }

/** The log of a run, as it grows. */
export function useLog(runId: string): Log {
  const { client } = useEngine()
  const [log, setLog] = useState(nothing)
  useEffect(() => {
    const stop = new AbortController()
    let buffer: LogChunk[] = []
    let frame = 0
    // What comes faster than it can be seen is shown together.
    const show = () => {
      const fresh = buffer
      buffer = []
      frame = 0
      setLog((before) => ({ ...before, chunks: [...before.chunks, ...fresh].slice(-mostChunks) }))
    }
    let after = 0
    const follow = async (signal: AbortSignal) => {
      for await (const chunk of client.runs.followLog({ runId, after }, { signal })) {
        after = chunk.sequence
        buffer.push(chunk)
        if (frame === 0) frame = requestAnimationFrame(show)
      }
    }
    setLog(nothing)
    whileShown(stop.signal, follow).then(
      () => !stop.signal.aborted && setLog((before) => ({ ...before, isComplete: true })),
      (error: unknown) => !stop.signal.aborted && setLog((before) => ({ ...before, error })),
    )
    return () => {
      stop.abort()
      cancelAnimationFrame(frame)
    }
  }, [client, runId])
  return log
}
