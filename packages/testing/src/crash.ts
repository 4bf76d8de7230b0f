import type { EngineOptions, Registry } from '@engine/core'

/** What `createEngine({ probe })` takes. */
export type Probe = NonNullable<EngineOptions['probe']>

/** Where a process is to die: at which step, and when it comes there for which time. */
export interface CrashPoint {
  /** `runs.claim.recorded` */
  readonly step: string
  /** 1 for the first time. */
  readonly nth: number
}

/** The steps of a command: three inside its transaction, and the one after its commit, before anybody is told. */
const steps = ['begun', 'handled', 'recorded', 'committed'] as const

/** Every step at which a process can be told to die: each command of this engine, at each of its steps. */
export function crashPoints(registry: Registry): string[] {
  const commands = registry.operations.filter(({ definition }) => definition.kind === 'command')
  return commands.flatMap(({ name }) => steps.map((step) => `${name}.${step}`))
}

/** @throws when the text is no `<operation>.<step>` or `<operation>.<step>#<n>` */
export function parseCrashPoint(text: string): CrashPoint {
  const { step, nth = '1' } = /^(?<step>\w+\.\w+\.(?:begun|handled|recorded|committed))(?:#(?<nth>[1-9]\d*))?$/.exec(text)?.groups ?? {}
  if (step === undefined)
    throw new Error(`a crash point is <operation>.<step> or <operation>.<step>#<n>, such as runs.claim.recorded#2; it is ${text}`)
  return { step, nth: Number(nth) }
}

/**
 * Kills the own process outright, as a power cut would, when it comes to a step for the nth time.
 * @param crash what to do instead
 */
export function crashAt({ step, nth }: CrashPoint, crash: () => void = killOurselves): Probe {
  let times = 0
  return (reached) => {
    if (reached !== step) return
    times += 1
    if (times === nth) crash()
  }
}

/** The crash that `ENGINE_CRASH_AT` asks for, and none without it. @throws when it names no step */
export function crashFromEnvironment(environment: Readonly<Record<string, string | undefined>> = process.env): Probe | undefined {
  const point = environment.ENGINE_CRASH_AT
  return point === undefined || point === '' ? undefined : crashAt(parseCrashPoint(point))
}

/** Counts what really is reached: a point that no run ever comes to is tested by none. */
export interface StepCounter {
  readonly probe: Probe
  readonly counts: ReadonlyMap<string, number>
}

/** @param then is told each step too, after it was counted */
export function countSteps(then?: Probe): StepCounter {
  const counts = new Map<string, number>()
  return {
    counts,
    probe(step) {
      counts.set(step, (counts.get(step) ?? 0) + 1)
      return then?.(step)
    },
  }
}

function killOurselves(): void {
  process.kill(process.pid, 'SIGKILL')
  // The signal may take a moment; nothing of this process may happen in it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
