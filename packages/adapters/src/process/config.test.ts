import { expect, test } from 'vitest'

import { ProcessConfig } from './config.ts'

test('a configuration needs a command and fills in the rest', () => {
  expect(ProcessConfig.parse({ command: 'node' })).toEqual({
    command: 'node',
    args: [],
    env: {},
    engineTools: true,
    timeoutSec: 600,
    graceSec: 5,
  })
})

test.each([
  {},
  { command: '' },
  { command: ' node' },
  { command: 'node\nrm' },
  { command: 'no\0de' },
  { command: 'node', args: ['a\0b'] },
  { command: 'node', shell: true },
  { command: 'node', env: { ENGINE_RUN_ID: 'other' } },
  { command: 'node', env: { engine_token: 'x' } },
  { command: 'node', env: { 'A=B': 'x' } },
  { command: 'node', env: { TOKEN: 'a\0b' } },
  { command: 'node', timeoutSec: 0 },
  { command: 'node', timeoutSec: 86_401 },
  { command: 'node', graceSec: 61 },
])('a configuration is refused: %j', (config) => {
  expect(ProcessConfig.safeParse(config).success).toBe(false)
})
