import { ruleViolated } from './errors.ts'
import { formsOf } from './redactor-forms.ts'

/**
 * Blots out the values of secrets by where they came from: it knows the values, and puts `[secret NAME]` in the place of each,
 * as it is or in JSON, URLs, base64 and hex (PROMISES S15). Everything else stays as it is.
 */
export interface Redactor {
  redact(text: string): string
  /** All texts in a value, keys of objects too. Bytes are refused when they hold a secret, as nobody could change them unseen. */
  redactAll(value: unknown): unknown
  /** For text that comes in pieces: gives each piece on as far as it is certain, and the rest at the end. */
  stream(): RedactedStream
}

export interface RedactedStream {
  push(text: string): string
  end(): string
  /** @returns what takes the stream back to where it is now */
  mark(): () => void
}

export interface NamedValue {
  readonly name: string
  readonly value: string
}

interface Form {
  readonly name: string
  readonly text: string
  /** For each length of a beginning of `text`, how long a shorter beginning it ends with. */
  readonly fallbacks: Int32Array
}

interface Span {
  readonly start: number
  readonly end: number
  readonly name: string
}
/** Without a name: a marker stands for it already. */
type Part = Omit<Span, 'name'> & { readonly name: string | null }

/** How deep values are looked through; of what is deeper only a mark is left, and as input it is refused all the same. */
const deepest = 64
const tooDeep = '[nested too deep]'
/** A text that ends in the middle of a value: from this length on, and the greater part of it, the beginning is blotted out too. */
const leastBeginning = 8

/** @param keeps what stays as it is where it is a whole text, such as the ids of a run: a short value may stand in one by chance */
export function createRedactor(values: readonly NamedValue[], keeps: ReadonlySet<string> = nothing): Redactor {
  const forms = values.flatMap(({ name, value }) => formsOf(value).map((text) => ({ name, text, fallbacks: fallbacksOf(text) })))
  const redactor: Redactor = {
    redact(text) {
      if (forms.length === 0 || text === '') return text
      const stream = redactor.stream()
      return stream.push(text) + stream.end()
    },
    redactAll: (value) => (forms.length === 0 ? value : redactValue(value, { forms, keeps, redactor, depth: 0 })),
    stream: () => (forms.length === 0 ? untouched : createStream(forms)),
  }
  return redactor
}

const nothing: ReadonlySet<string> = new Set()
const untouched: RedactedStream = { push: (text) => text, end: () => '', mark: () => () => undefined }

function createStream(forms: readonly Form[]): RedactedStream {
  // What may be the beginning of a value, of which the first `covered` characters belong to one that a marker was given out for.
  let held = ''
  let covered = 0

  /** Gives out what is certain: all in front of `upTo`. */
  function release(text: string, upTo: number): string {
    let output = ''
    let from = 0
    let nextCovered = Math.max(0, covered - upTo)
    for (const span of merge([{ start: 0, end: covered, name: null }, ...findSpans(text, forms)])) {
      if (span.start >= upTo) break
      output += text.slice(from, span.start) + (span.name === null ? '' : `[secret ${span.name}]`)
      from = Math.min(span.end, upTo)
      nextCovered = Math.max(nextCovered, span.end - upTo)
    }
    output += text.slice(from, upTo)
    held = text.slice(upTo)
    covered = nextCovered
    return output
  }

  return {
    push(text) {
      const all = held + text
      return release(all, all.length - longestBeginning(all, forms).length)
    },
    end() {
      const { length, form } = longestBeginning(held, forms)
      // What is held is that beginning and nothing else.
      const isTelling = form !== null && length >= leastBeginning && length * 2 > form.text.length
      if (!isTelling) return release(held, held.length)
      const isMarked = covered > 0
      release('', 0)
      return isMarked ? '' : `[secret ${form.name}]`
    },
    mark() {
      const state = { held, covered }
      return () => void ({ held, covered } = state)
    },
  }
}

function findSpans(text: string, forms: readonly Form[]): Span[] {
  const spans: Span[] = []
  for (const { name, text: form, fallbacks } of forms) {
    // Two occurrences that overlap are at least this far from each other.
    const step = form.length - (fallbacks[form.length - 1] ?? 0)
    for (let start = text.indexOf(form); start >= 0; start = text.indexOf(form, start + step))
      spans.push({ start, end: start + form.length, name })
  }
  return spans
}

/** One part for all spans that overlap; it has the name of the first, of several that begin there the longest. */
function merge(spans: readonly Part[]): Part[] {
  const first = (left: Part, right: Part) =>
    left.start - right.start || Number(right.name === null) - Number(left.name === null) || right.end - left.end
  const sorted = spans.filter((span) => span.end > span.start).toSorted(first)
  const merged: Part[] = []
  for (const span of sorted) {
    const last = merged.at(-1)
    if (last && span.start < last.end) merged[merged.length - 1] = { ...last, end: Math.max(last.end, span.end) }
    else merged.push(span)
  }
  return merged
}

/** The longest end of a text with which a form begins and which is not all of it. */
function longestBeginning(text: string, forms: readonly Form[]): { length: number; form: Form | null } {
  let longest: { length: number; form: Form | null } = { length: 0, form: null }
  for (const form of forms) {
    const length = beginningAtEnd(text, form)
    if (length > longest.length) longest = { length, form }
  }
  return longest
}

function beginningAtEnd(text: string, { text: form, fallbacks }: Form): number {
  let matched = 0
  const from = text.indexOf(form.charAt(0), Math.max(0, text.length - form.length + 1))
  for (let at = from < 0 ? text.length : from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    while (matched > 0 && form.charCodeAt(matched) !== unit) matched = fallbacks[matched - 1] ?? 0
    if (form.charCodeAt(matched) === unit) matched += 1
  }
  return matched
}

function fallbacksOf(text: string): Int32Array {
  const fallbacks = new Int32Array(text.length)
  let matched = 0
  for (let at = 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    while (matched > 0 && text.charCodeAt(matched) !== unit) matched = fallbacks[matched - 1] ?? 0
    if (text.charCodeAt(matched) === unit) matched += 1
    fallbacks[at] = matched
  }
  return fallbacks
}

interface Redaction {
  readonly forms: readonly Form[]
  readonly keeps: ReadonlySet<string>
  readonly redactor: Redactor
  readonly depth: number
}

function redactValue(value: unknown, given: Redaction): unknown {
  const { redactor, keeps, depth } = given
  if (typeof value === 'string') return keeps.has(value) ? value : redactor.redact(value)
  // Content that is read only once the call is allowed.
  if (isReader(value)) return async (limit: number) => refuseSecrets(await value(limit), given)
  if (typeof value !== 'object' || value === null) return value
  if (depth > deepest) return tooDeep
  if (ArrayBuffer.isView(value)) return refuseSecrets(value, given)
  const inner = { ...given, depth: depth + 1 }
  if (Array.isArray(value)) return value.map((member: unknown) => redactValue(member, inner))
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [redactor.redact(key), redactValue(member, inner)]))
}

function isReader(value: unknown): value is (limit: number) => Promise<unknown> {
  return typeof value === 'function'
}

/** @throws `rule_violated` naming the secrets whose values stand in these bytes */
function refuseSecrets<Bytes>(bytes: Bytes, { forms }: Redaction): Bytes {
  if (!ArrayBuffer.isView(bytes)) return bytes
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const names = [...new Set(findSpans(text, forms).map(({ name }) => name))]
  if (names.length === 0) return bytes
  throw ruleViolated(`This file holds the value of a secret (${names.join(', ')}), so it is not kept. Send it without.`, { secrets: names })
}
