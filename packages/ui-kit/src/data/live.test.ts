import { expect, it } from 'vitest'

import type { Client } from '@engine/client'
import type { AnyEvent } from '@engine/core/contract'

import { listen } from './live.ts'

it('begins anew when the log goes on before where it was, since its database was restored', async () => {
  const heard: (number | string)[] = []
  const seqs = [7, 8, 3, 4]
  const { promise, resolve } = Promise.withResolvers<void>()
  async function* stream(_: unknown, { onState }: { onState?: (state: 'open' | 'away') => void } = {}) {
    onState?.('open')
    // The rest of an event is not looked at here.
    for (const seq of seqs) yield { seq } as AnyEvent
    resolve()
    await new Promise(() => {})
  }
  // Nothing else of it is called.
  const client = { events: { stream } } as unknown as Client
  const stop = listen(client, 'any', {
    onEvent: ({ seq }) => void heard.push(seq),
    onBegin: () => void heard.push('begun'),
    onState: () => undefined,
  })
  await promise
  stop()
  expect(heard).toEqual(['begun', 7, 8, 'begun', 3, 4])
})
