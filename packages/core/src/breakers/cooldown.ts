import { backoffMs } from '../kernel/retry.ts'
import type { EngineSettings } from '../kernel/settings.ts'

export interface CooldownFacts {
  /** Failures in a row, with this one. */
  readonly failures: number
  /** How long the provider asked to be left alone, milliseconds. */
  readonly retryAfterMs: number | null
  readonly settings: Pick<EngineSettings, 'cooldownBaseMs' | 'cooldownCapMs'>
  readonly random: () => number
}

/**
 * How long a provider is left alone: full jitter over a time that doubles up to the cap, on top of the base, so that probes stay
 * few whatever chance says; never shorter than the provider asked. Pure.
 */
export function cooldownMs({ failures, retryAfterMs, settings, random }: CooldownFacts): number {
  const { cooldownBaseMs: baseMs, cooldownCapMs: capMs } = settings
  return Math.max(retryAfterMs ?? 0, baseMs + backoffMs(failures, { baseMs, capMs, random }))
}
