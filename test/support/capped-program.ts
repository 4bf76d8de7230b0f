import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { temporaryFolder } from './files.ts'

// What Claude Code does with --max-budget-usd: it looks at it after each call of its model, and ends when that is reached.
const program = `
const cap = Number(process.argv[process.argv.indexOf('--max-budget-usd') + 1])
let spent = 0
while (spent < cap) spent += 0.02
const model = { inputTokens: 1, outputTokens: 1, cacheReadInputTokens: 0, cacheCreationInputTokens: 0, costUSD: spent }
const result = { type: 'result', subtype: 'error_max_budget_usd', is_error: true, modelUsage: { 'claude-sonnet-5': model }, permission_denials: [] }
process.stdin.resume().on('end', () => console.log(JSON.stringify(result)))
`

/** A program with a cap of its own, and what one of its calls costs. */
export function cappedProgram() {
  const folder = temporaryFolder()
  const command = join(folder, 'claude.cjs')
  writeFileSync(command, `#!${process.execPath}\n${program}`)
  chmodSync(command, 0o755)
  return { config: { command, cwd: folder }, callMicros: 20_000, close: () => undefined }
}
