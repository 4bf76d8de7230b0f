import { expect, it } from 'vitest'

import { createClient } from './index.ts'

it('a stream that is ended as it opens ends, also where what sends requests knows no signal', async () => {
  const beginning = new TextEncoder().encode('retry: 2000\nid: 3\n\n')
  const fetch = async () => new Response(new ReadableStream({ start: (answer) => answer.enqueue(beginning) }))
  const stop = new AbortController()
  const options = { signal: stop.signal, onState: () => stop.abort() }
  const events = createClient({ url: 'http://localhost', fetch }).events.stream({ companyId: 'any', after: 3 }, options)
  expect(await events[Symbol.asyncIterator]().next()).toEqual({ value: undefined, done: true })
}, 5_000)
