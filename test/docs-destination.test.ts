// The destination of docs/destinations.md, as it stands there, is one by the kit that every destination passes.
import { vi } from 'vitest'

import type { Destination } from '@engine/core/plugin'
import { testDestination } from '@engine/testing/destinations'

import { runBlocks } from './support/docs-run.ts'

const { toConsole } = await runBlocks('docs/destinations.md', ['DESTINATION_SPEC'])
const alwaysThere = 'the console takes all that it is given'

testDestination({
  name: 'the console of docs/destinations.md',
  // What a page exports is known when it is run.
  create: toConsole as () => Destination,
  leastConfig: {},
  receiver() {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    return {
      config: { prefix: 'engine:' },
      answer: () => undefined,
      received: () => log.mock.calls.map(([, id, text]) => ({ id: String(id), text: String(text) })),
      asked: () => log.mock.calls.length,
      dispose: async () => log.mockRestore(),
    }
  },
  skip: {
    'asks for another try when the receiver has no time, and waits as long as it says': alwaysThere,
    'asks for another try when there is no answer': alwaysThere,
    'parks what the receiver refuses': alwaysThere,
    'ends when it is stopped, and asks for another try': alwaysThere,
  },
})
