// What the table watch saw in each file of tests, added up when all of them are done (PROMISES P11).
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { TableCounts } from '@engine/testing'

/** Where the files of one run of the tests leave what they saw. */
export function newWatchFolder(): string {
  return mkdtempSync(join(tmpdir(), 'engine-watch-'))
}

export function leaveCounts(folder: string, counts: TableCounts): void {
  writeFileSync(join(folder, `${process.pid}-${performance.now()}.json`), JSON.stringify(counts))
}

/** Adds up what was left, and keeps it for `pnpm reliability`. */
export function sumUp(folder: string): void {
  const seen = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as TableCounts)
  rmSync(folder, { recursive: true })
  const total = (name: keyof TableCounts) => seen.reduce((sum, counts) => sum + counts[name], 0)
  const record = {
    files: seen.length,
    mutating: total('mutating'),
    withEntry: total('withEntry'),
    scoped: total('scoped'),
    namingCompany: total('namingCompany'),
  }
  if (seen.length === 0) return
  const out = join(import.meta.dirname, '../torture/out')
  mkdirSync(out, { recursive: true })
  writeFileSync(join(out, 'table-watch.json'), `${JSON.stringify(record, null, 2)}\n`)
}
