import { countTokens } from '../kernel/tokens.ts'

/** How many of the entries that had no room are named. */
const mostNamed = 100
/** A budget that has less left than this is not worth a piece of an entry. */
const leastPiece = 64

export interface Fitting {
  readonly id: string
  readonly title: string
  /** Of title and body together. */
  readonly tokens: number
}

interface Given {
  readonly id: string
  readonly body: string
  readonly tokens: number
  readonly isCut: boolean
}

export interface Fit {
  /** In the order of the entries. */
  readonly given: readonly Given[]
  readonly omitted: readonly { id: string; title: string; tokens: number }[]
  /** How many were omitted besides those that are named. */
  readonly moreOmitted: number
}

/** The entries whose bodies have to be read to fill a budget: those that fit one after another, and the first one that may be cut. Pure. */
export function worthReading(entries: readonly Fitting[], budget: number): string[] {
  let room = budget
  let mayCut = true
  return entries.flatMap(({ id, tokens }) => {
    const fits = tokens <= room
    const isPiece = !fits && mayCut && room >= leastPiece
    if (fits) room -= tokens
    else mayCut = false
    return fits || isPiece ? [id] : []
  })
}

/**
 * Fills a budget with entries, the best first. The first that is too large is cut where a paragraph or a section ends, when enough
 * room is left for a piece; others that are too large are only named. Pure.
 */
export function fitEntries(entries: readonly Fitting[], given: { bodies: ReadonlyMap<string, string>; budget: number }): Fit {
  const taken: Given[] = []
  const omitted: Fitting[] = []
  let room = given.budget
  let mayCut = true
  for (const entry of entries) {
    const body = given.bodies.get(entry.id)
    const fits = entry.tokens <= room
    const piece = fits || !mayCut || body === undefined ? null : pieceOf(entry, body, room)
    if (!fits) mayCut = false
    if (body !== undefined && fits) taken.push({ id: entry.id, body, tokens: entry.tokens, isCut: false })
    else if (piece) taken.push(piece)
    else omitted.push(entry)
    room = given.budget - taken.reduce((sum, { tokens }) => sum + tokens, 0)
  }
  const named = omitted.slice(0, mostNamed).map(({ id, title, tokens }) => ({ id, title, tokens }))
  return { given: taken, omitted: named, moreOmitted: omitted.length - named.length }
}

function pieceOf(entry: Fitting, body: string, room: number): Given | null {
  if (room < leastPiece) return null
  const mark = `\n\n[… cut here: the whole entry is about ${entry.tokens} tokens]`
  const piece = cutBody(body, room - countTokens(entry.title) - countTokens(mark))
  if (piece === null) return null
  const text = piece + mark
  return { id: entry.id, body: text, tokens: countTokens(entry.title) + countTokens(text), isCut: true }
}

/**
 * The longest beginning of a Markdown text that has no more tokens than this and ends where a paragraph or a section does, never
 * inside of code and never with a heading that nothing follows; null when there is none. Pure.
 */
export function cutBody(body: string, tokens: number): string | null {
  let best: string | null = null
  for (const end of boundariesOf(body)) {
    const piece = body.slice(0, end).trimEnd()
    if (countTokens(piece) > tokens) break
    const last = piece.slice(piece.lastIndexOf('\n') + 1)
    if (piece !== '' && !isHeading(last)) best = piece
  }
  return best
}

/** Where paragraphs and sections end, outside of fenced code. */
function* boundariesOf(body: string): Generator<number> {
  let fence: string | null = null
  let offset = 0
  for (const line of body.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? null
    if (fence === null && (line.trim() === '' || isHeading(line))) yield offset
    if (fence === null) fence = mark
    else if (mark?.startsWith(fence) === true && line.trim() === mark) fence = null
    offset += line.length + 1
  }
}

function isHeading(line: string): boolean {
  return /^ {0,3}#{1,6}(\s|$)/.test(line)
}
