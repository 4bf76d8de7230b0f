// Measures how far spending passes a limit with each adapter (test/overshoot.test.ts), and writes docs/budgets-adapters.md from that.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { format, resolveConfig } from 'prettier'

interface Figure {
  readonly adapter: string
  readonly what: string
  readonly heldMicros: number
  readonly billedMicros: number
  readonly overMicros: number
}

interface Measured {
  readonly stated: readonly { readonly type: string; readonly metering: string; readonly overshoot: string }[]
  readonly figures: readonly Figure[]
}

const page = fileURLToPath(new URL('../docs/budgets-adapters.md', import.meta.url))
const text = pageOf(measure())
writeFileSync(page, await format(text, { ...(await resolveConfig(page)), filepath: page }))

function measure(): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'engine-overshoot-'))
  const file = join(folder, 'figures.json')
  try {
    const env = { ...process.env, ENGINE_OVERSHOOT_FILE: file }
    const { status } = spawnSync('npx', ['vitest', 'run', 'test/overshoot.test.ts'], { env, stdio: 'inherit' })
    if (status !== 0) throw new Error('the measurement failed; nothing was written')
    // What the test above wrote.
    return JSON.parse(readFileSync(file, 'utf8')) as Measured
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function pageOf({ stated, figures }: Measured): string {
  const dollars = (micros: number) => `$${(micros / 1_000_000).toFixed(6)}`
  const statements = stated.map(({ type, metering, overshoot }) => `| \`${type}\` | ${metering} | ${overshoot} |`)
  const rows = figures.map(
    ({ adapter, what, heldMicros, billedMicros, overMicros }) =>
      `| \`${adapter}\` | ${what} | ${dollars(heldMicros)} | ${dollars(billedMicros)} | ${dollars(overMicros)} |`,
  )
  return `# How far spending can pass a limit

Written by \`pnpm overshoot\` from what the adapters state and from what test/overshoot.test.ts measured.

Under a hard limit nothing is spent that was not held before. What is left is a provider that bills more than a call asked for, and a
program that spends before anybody knows. \`X\` is what was spent beyond what was held.

- **call**: money is held before each call of a model: its input as the bytes that are sent (no provider has a token of less than a
  byte; what it has counted of the same conversation counts as it said), the output that the call allows, and the price of the tier that
  this reaches. What was not used is free again when the call ends. A call that was cut is settled by what the provider had counted, or
  by the bound of what was sent and received where that is more; one that no provider took or let in is not paid for.
- **stream**: the cap of the run is held before it starts, its usage is counted as it is told, and the program is stopped at the line, with all
  that it started.
- **final**: the whole cap of the run is held before it starts (\`maxCostMicrosPerRun\` of the agent, without which it does not start), and what was used
  is known at the end. Only a cap that the program has itself, or its time limit, ends it before.
- **none**: it calls no model, and is held no money.

## What each adapter states

| adapter | usage is known | X at worst |
| --- | --- | --- |
${statements.join('\n')}

## What was measured

Against servers and programs on this machine that bill as the row says, at the list prices of claude-sonnet-5, gpt-5.4 and gemini-2.5-pro.
What programs spend after they were told to stop depends on the machine.

Rows of one adapter show how its X comes about. What is told at the end is counted in full, and so nothing more begins where it passed the limit; what is
never told counts as nothing: limit such agents by runs or time (\`metric\`).

| adapter | its provider or program | held | billed | X |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}
