/** The longest word that is told from others. */
const longestWord = 64
/** How many characters of a body can be found. */
export const longestBody = 20_000
/** How many words of a query count. */
const mostSought = 16

/**
 * The words of a text as search compares them: letters and digits, composed alike, in lower case. What stands between words
 * (hyphens, quotes, operators of a query language) only separates them. Pure; one for all databases, so that all find the same.
 */
export function wordsOf(text: string): string[] {
  const words =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
  return words.map((word) => Array.from(word).slice(0, longestWord).join(''))
}

/** What is sought: each word as often as once, the last one possibly unfinished. */
export function soughtWords(query: string): string[] {
  const words = wordsOf(query).slice(0, mostSought)
  return words.filter((word, index) => words.indexOf(word, index + 1) === -1)
}

/** The part of a body that can be found and shown. */
export function searchableBody(text: string): string {
  return text.slice(0, longestBody).toWellFormed()
}

const excerptLength = 200

/** A piece of a text around the first of these words that stands in it. */
export function excerptOf(text: string, words: readonly string[]): string {
  const lower = text.toLowerCase()
  const places = words.map((word) => lower.indexOf(word)).filter((place) => place >= 0)
  const from = places.length === 0 ? 0 : Math.max(0, Math.min(...places) - excerptLength / 4)
  const piece = text
    .slice(from, from + excerptLength)
    .toWellFormed()
    .replaceAll(/\s+/g, ' ')
    .trim()
  return `${from > 0 ? '… ' : ''}${piece}${from + excerptLength < text.length ? ' …' : ''}`
}
