import type { z } from 'zod'

import { EngineError, kernelErrors } from './errors.ts'

/** Parses input by its schema. @throws `invalid_input` with one line for each wrong field. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, at = ''): z.output<Schema> {
  refuseUnstorableText(input, at)
  const result = parseBy(schema, input, at)
  if (result.success) return result.data
  const { issues } = result.error
  const errors = issues.slice(0, mostListed).map((issue) => ({
    path: [at, ...issue.path.map(String)]
      .filter((part) => part !== '')
      .join('.')
      .slice(0, 200),
    // Long enough for what would help, which stands at the end.
    message: messageOf(issue).slice(0, 500),
  }))
  const list = errors.map((error) => (error.path === '' ? error.message : `${error.path}: ${error.message}`)).join('; ')
  const more = issues.length > mostListed ? `; and ${issues.length - mostListed} more` : ''
  throw new EngineError(kernelErrors.invalid_input, `Invalid input: ${list}${more}`, { details: { errors } })
}

/**
 * Where one of several shapes is wanted, zod says no more than that none fits; each of them says why not. One that fits but for
 * something inside it tells more than those that are another shape altogether.
 */
function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_union' || issue.message !== 'Invalid input') return issue.message
  const firsts = issue.errors.flatMap(([first]) => (first ? [first] : []))
  const inside = firsts.filter(({ path }) => path.length > 0)
  return oneOf((inside.length > 0 ? inside : firsts).map(reasonOf)) || issue.message
}

/** Reasons as one: `expected number or object, received string` where they differ in what is expected alone. */
function oneOf(reasons: readonly string[]): string {
  const expected = new Map<string, string[]>()
  for (const reason of reasons) {
    const { wanted = '', rest = reason } = /^expected (?<wanted>\w+)(?<rest>, received .+)$/.exec(reason)?.groups ?? {}
    expected.set(rest, [...(expected.get(rest) ?? []), wanted])
  }
  return [...expected].map(([rest, wanted]) => (wanted.includes('') ? rest : `expected ${listed(wanted)}${rest}`)).join(', or ')
}

function listed(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' or ')
}

function reasonOf(issue: z.core.$ZodIssue): string {
  const message = messageOf(issue).replace(/^Invalid (input|option): /, '')
  return [...issue.path.map(String), message].join(': ')
}

/** zod compares the `length` of whatever has one before it minds what that is, and objects of a caller may be worth no number. */
function parseBy<Schema extends z.ZodType>(schema: Schema, input: unknown, at: string): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(input)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw invalid(at === '' ? 'a field' : at, 'has a length or a size that is no number', error)
  }
}

/** How many wrong fields one answer lists. */
const mostListed = 20
/** How deep JSON may be nested. */
const deepest = 64

/**
 * Refuses text that a database would change or reject: a NUL character, or half of a surrogate pair. What is accepted
 * comes back unchanged.
 */
function refuseUnstorableText(value: unknown, at: string): void {
  const problem = problemIn(value, 0)
  if (!problem) return
  const path = problem.path.reduce((before, key) => (before === '' ? key : `${before}.${key}`), at)
  throw invalid(path, problem.message)
}

/** Whether every database gives a text back as it was. */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

interface Problem {
  readonly path: readonly string[]
  readonly message: string
}

/** Where it is said only when something is wrong: most input is right, and some of it is large. */
function problemIn(value: unknown, depth: number): Problem | null {
  if (depth > deepest) return { path: [], message: `is nested deeper than ${deepest} levels` }
  if (typeof value === 'string') {
    return isStorable(value) ? null : { path: [], message: 'holds a NUL character or half of a surrogate pair, which cannot be stored' }
  }
  // Bytes are no text.
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return null
  for (const key of Object.keys(value)) {
    const inner =
      key === '__proto__'
        ? { path: [], message: 'is a name that cannot be stored' }
        : (problemIn(key, depth + 1) ?? problemIn(Reflect.get(value, key), depth + 1))
    if (inner) return { path: [key, ...inner.path], message: inner.message }
  }
  return null
}

function invalid(path: string, message: string, cause?: unknown): EngineError {
  return new EngineError(kernelErrors.invalid_input, `Invalid input: ${path} ${message}.`, {
    details: { errors: [{ path, message }] },
    cause,
  })
}
