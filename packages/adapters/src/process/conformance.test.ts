import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { testAgentAdapter, type Scene } from '@engine/testing/adapters'

import { processesWith } from '../program/fixtures.ts'
import { say } from './fixtures.ts'
import { processAdapter } from './index.ts'

const secret = 'canary-secret-4711'
const floodLines = 40_000

let scenes = 0

/** A program in Node; its processes are found by a variable that only they have. */
function scene(code: string): Scene {
  const marker = `conformance-${process.pid}-${(scenes += 1)}`
  return {
    config: { command: process.execPath, args: ['-e', code], env: { TOKEN: secret, MARKER: marker }, graceSec: 1 },
    leftovers: () => processesWith(`MARKER=${marker}`).map((pid) => `process ${pid}`),
  }
}

const works = `const context = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify({ engine: 'comment', body: context.task.title }));
${say({ engine: 'usage', inputTokens: 7, outputTokens: 2 })} ${say({ engine: 'usage', inputTokens: 3, costMicros: 5 })}`

testAgentAdapter({
  name: 'the process adapter',
  create: () => processAdapter({ programs: 'any' }),
  leastConfig: { command: 'node' },
  secrets: [secret],
  scenes: {
    works: () => ({ ...scene(works), usage: { inputTokens: 10, outputTokens: 2, costMicros: 5 } }),
    fails: () => scene(`console.error('It broke.'); process.exitCode = 1`),
    hangs: () => scene(`process.on('SIGTERM', () => {}); console.log('It hangs.'); setInterval(() => {}, 1000)`),
    babbles: () => scene(`console.log('{"engine":"comment", body')`),
    misconfigured: () => ({ config: { command: 'no-such-program-here' } }),
    floods() {
      const folder = mkdtempSync(join(tmpdir(), 'engine-flood-'))
      const file = join(folder, 'written')
      const code = `const fs = require('node:fs');
for (let line = 1; line <= ${floodLines}; line += 1) {
  fs.writeSync(1, 'x'.repeat(500) + '\\n');
  if (line % 1000 === 0) fs.writeFileSync(${JSON.stringify(file)}, String(line));
}`
      return { ...scene(code), written: () => readCount(file), total: floodLines, dispose: async () => rmSync(folder, { recursive: true }) }
    },
  },
})

function readCount(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'))
  } catch {
    return 0
  }
}
