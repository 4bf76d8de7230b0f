import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { busyLoad, ratios, spreadOf, type Machine, type Measured, type Sample, type Spread } from './measure.ts'

/** A goal of PERFORMANCE §1 for one figure. Only a strict one fails the run; the others depend on the machine. */
export interface Bar {
  readonly goal: string
  readonly figure: string
  readonly wants: 'at most' | 'at least'
  readonly must: number
  readonly stretch?: number
  readonly isStrict: boolean
}

export interface Verdict {
  readonly bar: Bar
  readonly value: number
  readonly level: 'stretch' | 'must' | 'missed'
}

export interface Row {
  readonly variant: string
  /** In the order of the columns; those left out at the end stay empty. */
  readonly cells: readonly string[]
  readonly facts: Readonly<Record<string, unknown>>
  readonly verdicts: readonly Verdict[]
}

export interface Report {
  readonly bench: string
  readonly columns: readonly string[]
  readonly rows: readonly Row[]
}

export const comparisonColumns = ['ops/s', 'ratio to baseline', 'client CPU us/op', 'server CPU us/op', 'CPU ratio']

export function judge(bar: Bar, value: number): Verdict {
  const holds = (limit: number) => (bar.wants === 'at most' ? value <= limit : value >= limit)
  if (!holds(bar.must)) return { bar, value, level: 'missed' }
  return { bar, value, level: bar.stretch !== undefined && holds(bar.stretch) ? 'stretch' : 'must' }
}

/** One line of a comparison; `bars` judge its median ratios. The CPU ratio is of client and server together. */
export function comparisonRow(measured: Measured, given: { baseline: Measured; bars?: { cpu?: Bar; rate?: Bar } }): Row {
  const { baseline, bars = {} } = given
  const median = (of: (sample: Sample) => number) => spreadOf(measured.samples.map(of)).median
  const opsPerSecond = median((sample) => sample.opsPerSecond)
  const clientCpuUsPerOp = median((sample) => sample.clientCpuUsPerOp)
  const serverCpuUsPerOp = measured.samples.some((sample) => sample.serverCpuUsPerOp === null)
    ? null
    : median((sample) => sample.serverCpuUsPerOp ?? 0)
  const rate = ratios(measured, baseline, 'opsPerSecond')
  const cpu = ratios(measured, baseline, 'cpuUsPerOp')
  const whole = Math.round(opsPerSecond).toLocaleString('en')
  return {
    variant: measured.name,
    cells: [whole, spreadText(rate), clientCpuUsPerOp.toFixed(1), serverCpuUsPerOp?.toFixed(1) ?? '', spreadText(cpu)],
    facts: { baseline: baseline.name, opsPerSecond, rate, clientCpuUsPerOp, serverCpuUsPerOp, cpu },
    verdicts: [...(bars.cpu ? [judge(bars.cpu, cpu.median)] : []), ...(bars.rate ? [judge(bars.rate, rate.median)] : [])],
  }
}

/** One line that only counts or notes something. */
export function factRow(variant: string, given: { cells?: readonly string[]; facts?: Row['facts']; verdicts?: readonly Verdict[] }): Row {
  return { variant, cells: given.cells ?? [], facts: given.facts ?? {}, verdicts: given.verdicts ?? [] }
}

/** A line that is judged by what is wrong: none is allowed. Each is written out below the tables. */
export function problemsRow(variant: string, given: { goal: string; figure: string; problems: readonly string[] }): Row {
  const { goal, figure, problems } = given
  for (const problem of problems) console.error(`${variant}: ${problem}`)
  const bar: Bar = { goal, figure, wants: 'at most', must: 0, isStrict: true }
  return { variant, cells: [], facts: { problems }, verdicts: [judge(bar, problems.length)] }
}

export function spreadText(spread: Spread, digits = 2): string {
  return `${spread.median.toFixed(digits)} (${spread.min.toFixed(digits)}..${spread.max.toFixed(digits)})`
}

export function machineText(machine: Machine): string {
  const warning = machine.load > busyLoad ? ` The machine is busy (load > ${busyLoad}): trust CPU ratios only.` : ''
  return `Node ${machine.node}, ${machine.cpus} CPUs, load ${machine.load.toFixed(2)}, fsync ${machine.fsyncUs.toFixed(0)} us.${warning}`
}

export function printReport(report: Report, machine: Machine): void {
  const header = ['variant', ...report.columns, 'bar', 'ok']
  const lines = report.rows.map((row) => [
    row.variant,
    ...report.columns.map((_, column) => row.cells[column] ?? ''),
    row.verdicts.map(barText).join(', '),
    row.verdicts.map((verdict) => verdictText(verdict, machine)).join(', '),
  ])
  const widths = header.map((title, column) => Math.max(...[header, ...lines].map((line) => (line[column] ?? title).length)))
  const write = (line: readonly string[]) =>
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join(' | ')
        .trimEnd(),
    )
  console.log(`\n${report.bench}`)
  write(header)
  console.log(widths.map((width) => '-'.repeat(width)).join('-|-'))
  for (const line of lines) write(line)
}

function barText({ bar }: Verdict): string {
  const sign = bar.wants === 'at most' ? '<=' : '>='
  const stretch = bar.stretch === undefined ? '' : ` (stretch ${bar.stretch})`
  return `${bar.goal} ${bar.figure} ${sign} ${bar.must}${stretch}`
}

function verdictText({ bar, level }: Verdict, machine: Machine): string {
  if (level !== 'missed') return level
  if (bar.isStrict) return 'MISSED'
  return machine.load > busyLoad ? 'missed (busy machine)' : 'missed'
}

/** One JSON line for each row, in bench/out/<bench>.json. */
export function writeReport(report: Report, given: { machine: Machine; name: string; folder: string }): void {
  const { machine, name, folder } = given
  const at = new Date().toISOString()
  const lines = report.rows.map(({ variant, facts, verdicts }) =>
    JSON.stringify({ bench: name, variant, at, ...machine, ...facts, verdicts }),
  )
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${lines.join('\n')}\n`)
}

export function hasFailed(report: Report): boolean {
  return report.rows.some((row) => row.verdicts.some(({ bar, level }) => bar.isStrict && level === 'missed'))
}
