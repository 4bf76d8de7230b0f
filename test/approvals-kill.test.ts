import { describe, expect, inject, it } from 'vitest'

import { createRandom } from '@engine/testing'

import { temporaryFolder } from './support/files.ts'
import { killCaller } from './torture/kills/call-round.ts'
import type { StorageName } from './torture/loop.ts'

// Before the commit nothing of a decision happened, after it everything did: the approval, the agent, its key, the events.
// Repeated with its Idempotency-Key it has its effect once and gets one answer (PROMISES P14, P15).
const verbs = ['approve', 'reject', 'cancel', 'requestRevision', 'resubmit', 'request']
const points = verbs.flatMap((verb) => [`approvals.${verb}.recorded`, `approvals.${verb}.committed`])

describe.each<StorageName>(['sqlite', 'postgres'])('a process that is killed while somebody decides, on %s', (storage) => {
  it.each(['approvals.approve.begun', 'approvals.approve.handled', ...points])(
    'loses nothing and doubles nothing at %s',
    { timeout: 60_000 },
    async (point) => {
      const found: string[] = []
      const ignore = () => undefined
      const violation = (sentence: string) => void found.push(sentence)
      const told = { count: ignore, took: ignore, reached: ignore, fact: ignore, violation }
      const given = { postgresUrl: inject('postgresUrl'), templateFolder: inject('templateFolder') }
      const scene = { ...given, storage, folder: temporaryFolder() }
      await killCaller(scene, { seed: 0, random: createRandom(0), ...told }, point)
      expect(found).toEqual([])
    },
  )
})
