import { testAgentAdapter } from '@engine/testing/adapters'

import { greeter } from './index.ts'

testAgentAdapter({
  name: 'greeter',
  create: () => greeter,
  leastConfig: {},
  scenes: {
    works: () => ({ config: {} }),
    fails: () => ({ config: { greeting: '' } }),
    hangs: () => ({ config: { pauseMs: 3_600_000 } }),
  },
})
