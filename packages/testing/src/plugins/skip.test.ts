import { expect } from 'vitest'

import { testPlugin } from './index.ts'

const reason = 'nothing of it may run here'

testPlugin({
  name: 'a plugin whose tests are all skipped',
  create: () => expect.unreachable(),
  storages: { none: () => expect.unreachable() },
  skip: {
    'starts and stops, and starts again on the same tables': reason,
    'is listed with its capabilities and their hash': reason,
    'accepts its configuration and refuses another': reason,
    'does nothing in a company in which it is disabled, and goes on when it is enabled': reason,
    'finds what it wrote when it is installed again': reason,
    'shows nothing of one company to another': reason,
  },
})
