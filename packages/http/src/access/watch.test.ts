import { expect, it, onTestFinished, vi } from 'vitest'

import type { Actor } from '@engine/core'

import type { WireRequest } from '../wire.ts'
import { createCredentialWatch } from './watch.ts'

async function* parts(): AsyncGenerator<string> {
  yield 'one'
}

it.each([
  ['GET', 1],
  ['HEAD', 0],
])('looks after the answer to %s as long as it is being written: %i', async (method, count) => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const actor: Actor = { kind: 'user', id: 'any', roles: {} }
  const watch = createCredentialWatch({ authenticateAll: async () => new Map([['key', actor]]) })
  const request: WireRequest = {
    method,
    url: new URL('http://localhost/mcp'),
    header: () => null,
    body: async () => new Uint8Array(),
    signal: () => new AbortController().signal,
  }
  // What answers HEAD leaves its body unread, and a host of the web says nothing when it is done.
  await watch.guard({ actor, credential: 'key' }, request, async () => ({ status: 200, headers: {}, body: parts() }))
  await vi.advanceTimersByTimeAsync(5_000)
  expect(vi.getTimerCount()).toBe(count)
})
