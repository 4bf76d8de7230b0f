/** Cuts text into pieces of at most `maxLength`, never inside a character. */
export function cutText(text: string, maxLength: number): string[] {
  const pieces: string[] = []
  for (let from = 0; from < text.length;) {
    const end = from + maxLength
    const isInsidePair = end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1] ?? '')
    const next = isInsidePair ? end - 1 : end
    pieces.push(text.slice(from, next))
    from = next
  }
  return pieces
}
