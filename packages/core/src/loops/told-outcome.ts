import type { Redactor } from '../kernel/redactor.ts'
import { printable } from './printable.ts'

/** How long the texts of an outcome may be (runs/run-contract). */
const longest: Readonly<Record<string, number>> = { message: 10_000, summary: 10_000, reason: 2_000, owner: 200 }
const dayMs = 86_400_000
const longestMs: Readonly<Record<string, number>> = { retryAfterMs: dayMs, afterMs: 30 * dayMs }

/**
 * What an adapter ended with as JSON that can be kept; null for what is no JSON. A text that is too long is cut and a time is made one that
 * can be waited for: they take nothing from what the outcome means, and a run that was paid for is not failed for them.
 */
export function toldOutcome(value: unknown, redactor: Redactor | undefined): unknown {
  const json = printableJson(value)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json
  // Blotted out before it is cut: the half of a secret would not be found.
  const whole = Object.entries(redactor?.redactAll(json) ?? json)
  return Object.fromEntries(whole.map(([name, member]) => [name, bounded(name, member)]))
}

function bounded(name: string, member: unknown): unknown {
  const [characters, mostMs] = [longest[name], longestMs[name]]
  if (typeof member === 'string' && characters !== undefined) return member.slice(0, characters).toWellFormed()
  if (typeof member === 'number' && mostMs !== undefined) return Math.min(mostMs, Math.max(0, Math.ceil(member)))
  return member
}

function printableJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null', (_, member: unknown) => (typeof member === 'string' ? printable(member) : member))
  } catch {
    return null
  }
}
