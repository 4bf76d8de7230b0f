import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { testAgentAdapter, type Scene } from '@engine/testing/adapters'

import { processesWith } from '../program/fixtures.ts'
import type { Behaviour } from './fixture-agent.ts'
import { configOf } from './fixtures.ts'
import { acpAdapter } from './index.ts'

const secret = 'sk-canary-0123456789'

const floods = 10_000

let scenes = 0

function scene(behaviour: Behaviour): Scene {
  const marker = `acp-${process.pid}-${(scenes += 1)}`
  return {
    config: configOf(behaviour, { apiKey: secret, keyVariable: 'AGENT_KEY', env: { MARKER: marker } }),
    leftovers: () => processesWith(`MARKER=${marker}`).map((pid) => `process ${pid}`),
  }
}

testAgentAdapter({
  name: 'the acp adapter',
  create: () => acpAdapter({ programs: 'any' }),
  leastConfig: { command: 'gemini', cwd: '/workspace' },
  secrets: [secret],
  scenes: {
    works: () => ({ ...scene({ costs: 0.25 }), usage: { costMicros: 250_000 } }),
    fails: () => scene({ error: -32_603 }),
    hangs: () => scene({ hangs: true }),
    babbles: () => scene({ prints: 'Hello there\n{"jsonrpc": "2.0", \n' }),
    floods() {
      const folder = mkdtempSync(join(tmpdir(), 'engine-acp-'))
      const countsIn = join(folder, 'written')
      const written = () => (existsSync(countsIn) ? Number(readFileSync(countsIn, 'utf8')) : 0)
      return { ...scene({ floods, countsIn }), written, total: floods, dispose: async () => rmSync(folder, { recursive: true }) }
    },
    misconfigured: () => ({ config: { ...configOf({}), command: 'no-such-program-here' } }),
  },
})
