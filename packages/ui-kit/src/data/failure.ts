import { EngineError } from '@engine/client'

import { isObject } from './json.ts'
import { fieldWords, plainly, words } from './said.ts'

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

/** What is wrong with one field of what was written. */
export interface Problem {
  /** As the API names it, such as `task.title` or `variables.0.name`. */
  readonly path: string
  readonly message: string
}

/** What can not be sent as it was written, found before it was. */
export class FieldError extends Error {
  readonly path: string

  constructor(path: string, message: string) {
    super(message)
    this.path = path
  }
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
    const message = plainly(error instanceof Error ? error.message : String(error))
    if (error instanceof FieldError) return { title: titles['invalid'] ?? '', message, facts: [], requestId: null, canTryAgain: false }
    return { title: 'Something went wrong here', message, facts: [], requestId: null, canTryAgain: true }
  }
  const { kind, details, requestId } = error
  return {
    title: titles[kind] ?? 'It did not work',
    message: messageOf(error),
    facts: [...holderFacts(details), ...legalFacts(details), ...waitFacts(details)],
    requestId,
    canTryAgain: ['unavailable', 'limited', 'internal'].includes(kind),
  }
}

/** Which fields a refusal is about; none when it is about the whole. Pure. */
export function problemsOf(error: unknown): readonly Problem[] {
  if (error instanceof FieldError) return [{ path: error.path, message: error.message }]
  if (!EngineError.isInstance(error)) return []
  const named = fieldProblems(error.details)
  if (named.length > 0 || error.kind !== 'rule') return named
  // A rule that is about one field begins with its name.
  const [, path, message] = /^([a-z]\w*(?:\.[\w-]+)*): (.+)$/s.exec(error.message) ?? []
  return path === undefined || message === undefined ? [] : [{ path, message }]
}

/** What is wrong with fields is said of them by their names for people. */
function messageOf(error: EngineError): string {
  const problems = problemsOf(error)
  if (problems.length === 0) return plainly(error.message)
  return problems.map(({ path, message }) => [fieldWords(path), plainly(message)].filter((part) => part !== '').join(': ')).join('; ')
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

function fieldProblems({ errors }: Details): Problem[] {
  if (!Array.isArray(errors)) return []
  return errors.flatMap((each) => {
    if (!isObject(each)) return []
    const { path, message } = each
    return typeof path === 'string' && typeof message === 'string' ? [{ path, message }] : []
  })
}

function waitFacts({ retryAfterMs }: Details): string[] {
  if (typeof retryAfterMs !== 'number' || retryAfterMs <= 0) return []
  return [`Try again in ${Math.ceil(retryAfterMs / 1_000)} s.`]
}
