import type { Redactor } from '../kernel/redactor.ts'
import { printable } from './printable.ts'

/** How long the texts of an outcome may be (runs/run-contract). */
const longest: Readonly<Record<string, number>> = { message: 10_000, summary: 10_000, reason: 2_000, owner: 200 }
const dayMs = 86_400_000
const longestMs: Readonly<Record<string, number>> = { retryAfterMs: dayMs, afterMs: 30 * dayMs }

/**
 * What an adapter ended with, by `plainOutcome`, as what can be kept. A text that is too long is cut, a time is made one that can be waited
 * for, and one that is none is left out: they take nothing from what the outcome means, and a run that was paid for is not failed for them.
 */
export function toldOutcome(json: unknown, redactor: Redactor | undefined): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json
  // Blotted out before it is cut: the half of a secret would not be found.
  const whole = Object.entries(redactor?.redactAll(json) ?? json)
  // A time that is none, such as one made of a header that holds a date, is not said.
  const told = whole.filter(([name, member]) => name !== 'retryAfterMs' || typeof member === 'number')
  return Object.fromEntries(told.map(([name, member]) => [name, bounded(name, member)]))
}

function bounded(name: string, member: unknown): unknown {
  const [characters, mostMs] = [longest[name], longestMs[name]]
  if (typeof member === 'string' && characters !== undefined) return member.slice(0, characters).toWellFormed()
  if (typeof member === 'number' && mostMs !== undefined) return Math.min(mostMs, Math.max(0, Math.ceil(member)))
  return member
}

/** What an adapter in plain JavaScript ended with as JSON, which can be looked at whatever it was; null for what is no JSON. */
export function plainOutcome(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null', (_, member: unknown) => (typeof member === 'string' ? printable(member) : member))
  } catch {
    return null
  }
}
