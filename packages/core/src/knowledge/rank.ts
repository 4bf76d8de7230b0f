/*
 * How well entries fit what is sought: Okapi BM25 over the words of both databases, counted here so that both give the same order.
 * A word of a title counts as several of a body; a word that nearly every entry has says hardly anything.
 */

/** How often a word has to come to count for much, and how much the length of a text takes off. */
const saturation = 1.2
const lengthShare = 0.75
/** A text of so many words is neither long nor short. Fixed, so that an entry scores the same whatever stands beside it. */
const usualLength = 300
const titleWeight = 4

/** A word that is sought, and how many of the entries that are searched have it. */
export interface SoughtWord {
  readonly word: string
  readonly entries: number
}

/** The words of an entry with single blanks between them, as search keeps them. */
export interface EntryWords {
  readonly titleWords: string
  readonly bodyWords: string
}

/** What each word is worth among so many entries: much when few have it, never less than nothing. Pure. */
export function worthOf(words: readonly SoughtWord[], total: number): Map<string, number> {
  return new Map(words.map(({ word, entries }) => [word, Math.log(1 + (Math.max(total, entries) - entries + 0.5) / (entries + 0.5))]))
}

/** How well an entry fits; 0 when it has none of the words. Pure. */
export function scoreOf(worth: ReadonlyMap<string, number>, { titleWords, bodyWords }: EntryWords): number {
  const counts = new Map<string, number>()
  let length = 0
  for (const [text, weight] of [
    [titleWords, titleWeight],
    [bodyWords, 1],
  ] as const) {
    for (const word of text.split(' ')) {
      length += 1
      if (worth.has(word)) counts.set(word, (counts.get(word) ?? 0) + weight)
    }
  }
  const norm = saturation * (1 - lengthShare + lengthShare * (length / usualLength))
  let score = 0
  for (const [word, value] of worth) {
    const count = counts.get(word) ?? 0
    score += value * ((count * (saturation + 1)) / (count + norm))
  }
  return score
}

export interface Ranked {
  readonly id: string
  readonly projectId: string | null
  readonly score: number
}

/** The best first; of equals those of a project, then the newest. */
export function byRank(left: Ranked, right: Ranked): number {
  if (left.score !== right.score) return right.score - left.score
  if ((left.projectId === null) !== (right.projectId === null)) return left.projectId === null ? 1 : -1
  return left.id < right.id ? 1 : -1
}

/** How much the first places of a list stand above the next ones when lists are put together. */
const flatness = 60

/** Reciprocal rank fusion: what is near the top of several orders is near the top of all together. Pure. */
export function fuse(orders: readonly (readonly string[])[]): Map<string, number> {
  const scores = new Map<string, number>()
  for (const order of orders) for (const [index, id] of order.entries()) scores.set(id, (scores.get(id) ?? 0) + 1 / (flatness + index + 1))
  return scores
}
