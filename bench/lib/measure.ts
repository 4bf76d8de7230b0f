import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One of the things that are compared: does `operations` of the same work and resolves when all are done. */
export interface Variant {
  readonly name: string
  run(operations: number): Promise<void>
}

export interface Sample {
  readonly opsPerSecond: number
  /** User and system time of this whole process, its garbage collector included, in microseconds. */
  readonly cpuUsPerOp: number
}

export interface Measured {
  readonly name: string
  /** One for each round, so that the n-th samples of all variants were taken side by side. */
  readonly samples: readonly Sample[]
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

/** The machine as it was before anything ran. */
export interface Machine {
  readonly node: string
  readonly cpus: number
  readonly load: number
  readonly fsyncUs: number
}

/** Above this load average at the start, throughput and times say little. */
export const busyLoad = 1.5

/** Runs every variant once a round, each round beginning with another one, so that a slow second hits all of them alike. */
export async function interleave(variants: readonly Variant[], given: { rounds: number; operations: number }): Promise<Measured[]> {
  const measured = variants.map(({ name }) => ({ name, samples: [] as Sample[] }))
  for (let round = 0; round < given.rounds; round += 1) {
    for (let turn = 0; turn < variants.length; turn += 1) {
      const index = (round + turn) % variants.length
      const variant = variants[index]
      if (variant) measured[index]?.samples.push(await sample(variant, given.operations))
    }
  }
  return measured
}

export async function sample(variant: Variant, operations: number): Promise<Sample> {
  collectGarbage()
  const startedCpu = process.cpuUsage()
  const startedMs = performance.now()
  await variant.run(operations)
  const ms = performance.now() - startedMs
  const { user, system } = process.cpuUsage(startedCpu)
  return { opsPerSecond: (operations * 1_000) / ms, cpuUsPerOp: (user + system) / operations }
}

/** A variant against the baseline, round by round. */
export function ratios(variant: Measured, baseline: Measured, of: keyof Sample): Spread {
  const pairs = variant.samples.map((own, round) => own[of] / (baseline.samples[round]?.[of] ?? Number.NaN))
  return spreadOf(pairs)
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  const lower = sorted.length % 2 === 0 ? (sorted[middle - 1] ?? upper) : upper
  return { median: (lower + upper) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN }
}

export function describeMachine(folder: string): Machine {
  return { node: process.version, cpus: availableParallelism(), load: loadavg()[0] ?? 0, fsyncUs: measureFsync(folder) }
}

/** What one durable write of a page costs where the databases lie: the median of 100, in microseconds. */
function measureFsync(folder: string): number {
  const path = join(folder, 'fsync.tmp')
  const page = Buffer.alloc(4_096, 1)
  const file = openSync(path, 'w')
  const times = Array.from({ length: 100 }, () => {
    writeSync(file, page)
    const startedMs = performance.now()
    fdatasyncSync(file)
    return (performance.now() - startedMs) * 1_000
  })
  closeSync(file)
  rmSync(path)
  return spreadOf(times).median
}

/** Garbage of one sample is not to be paid by the next. */
const collectGarbage = ((): (() => void) => {
  setFlagsFromString('--expose-gc')
  // The flag gives new contexts a function `gc`, and takes nothing from this one.
  return runInNewContext('gc') as () => void
})()
