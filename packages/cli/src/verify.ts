import { createEngine, type CheckResult, type Inspection, type Storage, type VerificationReport } from '@engine/core'

import type { DatabaseFlags } from './database.ts'
import { withDatabase } from './with-database.ts'
import { bar, working } from './working.ts'

export interface VerifyFlags extends DatabaseFlags {
  readonly repair?: boolean
}

/** Prints what does not hold; the exit code says whether anything does not. */
export async function verifyCommand(storage: Storage, flags: VerifyFlags): Promise<void> {
  if (flags.repair === true) await repair(storage)
  const report = await withDatabase(storage, (database) => checking('Checking every invariant', database))
  for (const line of linesOf(report)) console.log(line)
  if (!report.isSound) process.exitCode = 1
}

/** Verifies a database, and shows on a terminal how many of the invariants were looked at. */
export function checking(what: string, database: Inspection): Promise<VerificationReport> {
  let shown = ''
  return working({ what, progress: () => shown }, () => database.verify({ onCheck: (done, all) => void (shown = bar(done, all)) }))
}

async function repair(storage: Storage): Promise<void> {
  const engine = await createEngine({ storage })
  try {
    const { agents, companies } = await engine.repair()
    console.log(`Repaired the live runs of ${agents} agents and the task counts of ${companies} companies.`)
  } finally {
    await engine.stop()
  }
}

function linesOf({ checks, isSound }: VerificationReport): string[] {
  const broken = checks.filter((check) => !check.isHeld)
  const conclusion = isSound
    ? `Sound: all ${checks.length} invariants hold.`
    : `Not sound: ${broken.length} of ${checks.length} invariants do not hold.`
  return [...checks.flatMap(describe), conclusion]
}

function describe({ name, isHeld, count, violations }: CheckResult): string[] {
  if (isHeld) return [`  holds   ${name}`]
  const lines = violations.map(({ entity, id, problem }) => `            ${[entity, id].filter(Boolean).join(' ')}: ${problem}`)
  const rest = count - violations.length
  return [`  BROKEN  ${name}: ${count}`, ...lines, ...(rest > 0 ? [`            and ${rest} more`] : [])]
}
