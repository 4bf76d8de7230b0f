import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** One of the things that are compared: does `operations` of the same work and resolves when all are done. */
export interface Variant {
  readonly name: string
  /** CPU time that its database server has used so far, in microseconds; null where the system does not tell. */
  readonly serverCpuUs?: (() => number | null) | undefined
  /** What has to be there before so many operations can be done; not measured. */
  prepare?(operations: number): Promise<void>
  run(operations: number): Promise<void>
  /** Ends what `prepare` began; not measured. */
  finish?(): Promise<void>
}

export interface Sample {
  readonly opsPerSecond: number
  /** User and system time of this whole process, its garbage collector included, in microseconds. */
  readonly clientCpuUsPerOp: number
  /** The same of the database server's processes; null without a server, and where the system does not tell. */
  readonly serverCpuUsPerOp: number | null
  /** Both together. */
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

/** What every bench is told. */
export interface BenchOptions {
  readonly rounds: number
  /** How long the engine's part of one round takes, about. */
  readonly ms: number
  /** Sizes that take many minutes to prepare. */
  readonly isLarge: boolean
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

/**
 * Runs every variant once a round, each round beginning with another one, so that a slow second hits all of them alike.
 * `operations` may differ by variant, where some are so much faster that the same number would take them no time.
 */
export async function interleave(
  variants: readonly Variant[],
  given: { rounds: number; operations: number | readonly number[] },
): Promise<Measured[]> {
  const { rounds, operations } = given
  const measured = variants.map(({ name }) => ({ name, samples: [] as Sample[] }))
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < variants.length; turn += 1) {
      const index = (round + turn) % variants.length
      const variant = variants[index]
      const count = typeof operations === 'number' ? operations : operations[index]
      if (variant && count !== undefined) measured[index]?.samples.push(await sample(variant, count))
    }
  }
  return measured
}

/** Below this, CPU time per operation is mostly chance. */
const leastOperations = 100

interface Calibration {
  readonly trial: number
  readonly ms: number
  readonly callers: number
  readonly least?: number
  readonly most: number
}

/** How many operations take a variant about `ms`: a multiple of `callers`, and within the limits. */
export async function calibrate(variant: Variant, given: Calibration): Promise<number> {
  const { trial, ms, callers, least = leastOperations, most } = given
  const { opsPerSecond } = await sample(variant, trial)
  const wanted = Math.max(least, (opsPerSecond * ms) / 1_000)
  return Math.min(most, Math.ceil(wanted / callers) * callers)
}

async function sample(variant: Variant, operations: number): Promise<Sample> {
  await variant.prepare?.(operations)
  const stop = startClocks(variant.serverCpuUs)
  await variant.run(operations)
  const taken = stop(operations)
  await variant.finish?.()
  return taken
}

/** Measures until the function that it returns is called, with the number of operations done. */
export function startClocks(serverCpuUs: () => number | null = () => null): (operations: number) => Sample {
  collectGarbage()
  const startedServer = serverCpuUs()
  const startedCpu = process.cpuUsage()
  const startedMs = performance.now()
  return (operations) => {
    const ms = performance.now() - startedMs
    const { user, system } = process.cpuUsage(startedCpu)
    const endedServer = serverCpuUs()
    const server = startedServer === null || endedServer === null ? null : endedServer - startedServer
    return {
      opsPerSecond: (operations * 1_000) / ms,
      clientCpuUsPerOp: (user + system) / operations,
      serverCpuUsPerOp: server === null ? null : server / operations,
      cpuUsPerOp: (user + system + (server ?? 0)) / operations,
    }
  }
}

/** A variant against the baseline, round by round. */
export function ratios(variant: Measured, baseline: Measured, of: 'opsPerSecond' | 'cpuUsPerOp'): Spread {
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

/** The smallest value that so great a share of all is not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
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
