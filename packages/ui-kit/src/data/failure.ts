import { EngineError } from '@engine/client'

/** A failure in words for whoever tried: what happened, who holds it, what to do. */
export interface Failure {
  readonly title: string
  readonly message: string
  /** Who or what stands in the way, and what would work, one fact each. */
  readonly facts: readonly string[]
  /** By which the log of the server has it. */
  readonly requestId: string | null
  readonly canTryAgain: boolean
}

const titles: Readonly<Record<string, string>> = {
  conflict: 'Something came in between',
  rule: 'Not like this',
  budget: 'The budget does not allow it',
  denied: 'You may not do this',
  missing: 'It is not there',
  unauthenticated: 'You are not signed in any more',
  limited: 'Too much at once',
  invalid: 'This can not be',
  too_large: 'Too large',
  unavailable: 'The server does not answer',
  internal: 'The server failed',
}

/** Pure. */
export function explain(error: unknown): Failure {
  if (!EngineError.isInstance(error)) {
    const message = error instanceof Error ? error.message : String(error)
    return { title: 'Something went wrong here', message, facts: [], requestId: null, canTryAgain: true }
  }
  const { kind, message, details, requestId } = error
  return {
    title: titles[kind] ?? 'It did not work',
    message,
    facts: [...holderFacts(details), ...legalFacts(details), ...fieldFacts(details), ...waitFacts(details)],
    requestId,
    canTryAgain: ['unavailable', 'limited', 'internal'].includes(kind),
  }
}

type Details = EngineError['details']

function holderFacts({ holder }: Details): string[] {
  if (!isObject(holder)) return []
  const name = typeof holder['agentName'] === 'string' ? holder['agentName'] : 'Somebody'
  const state = holder['isHolderLive'] === false ? 'is silent; the lease will be taken back' : 'is at work'
  return [`${name} holds it and ${state}.`]
}

function legalFacts({ legal, from }: Details): string[] {
  if (!Array.isArray(legal)) return []
  const moves = legal.flatMap((move) => (isObject(move) && typeof move['to'] === 'string' ? [words(move['to'])] : []))
  if (moves.length === 0) return [`It is ${typeof from === 'string' ? words(from) : 'over'}, and stays so.`]
  return [`From here it can go to ${[...new Set(moves)].join(', ')}.`]
}

function fieldFacts({ errors }: Details): string[] {
  if (!Array.isArray(errors)) return []
  return errors.flatMap((each) =>
    isObject(each) && typeof each['path'] === 'string' && typeof each['message'] === 'string' ? [`${each['path']}: ${each['message']}`] : [],
  )
}

function waitFacts({ retryAfterMs }: Details): string[] {
  if (typeof retryAfterMs !== 'number' || retryAfterMs <= 0) return []
  return [`Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`]
}

/** A status as people read it. Pure. */
export function words(status: string): string {
  return status.replaceAll('_', ' ')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
