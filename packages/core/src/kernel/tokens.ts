/** The writings of Chinese, Japanese and Korean, with their punctuation and full-width forms, as ranges of UTF-16 units. */
const dense: readonly (readonly [number, number])[] = [
  [0x1100, 0x11ff],
  [0x2e80, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7ff],
  [0xf900, 0xfaff],
  [0xff00, 0xffef],
]

/** A unit of UTF-16 in quarters of a token: half a surrogate pair is half of four bytes. */
function quartersOf(unit: number): number {
  if (unit < 0x80) return 1
  if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) return 2
  return dense.some(([first, last]) => unit >= first && unit <= last) ? 4 : 3
}

/**
 * About how many tokens a text is for a model: a quarter for each byte of UTF-8, a whole one for each character of Chinese, Japanese
 * or Korean. No tokenizer agrees with another, so this is a measure of budgets and no promise of a bill. What holds of every text:
 * it is never less than a quarter of the bytes and never more than the characters; a part of a text is never more than the whole;
 * and two texts are together never more than each for itself. Pure.
 */
export function countTokens(text: string): number {
  let quarters = 0
  for (let index = 0; index < text.length; index += 1) quarters += quartersOf(text.charCodeAt(index))
  return Math.ceil(quarters / 4)
}

/** No text of this many tokens has more characters. */
export function mostCharacters(tokens: number): number {
  return tokens * 4
}
