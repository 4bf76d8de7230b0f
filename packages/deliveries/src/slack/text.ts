import { fit } from '../remote/words.ts'

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function withEntities(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => entities[character] ?? character)
}

/** At most so many characters as they are sent, and never half an entity. Pure. */
export function escaped(text: string, length: number): string {
  return cut(withEntities(text), length)
}

function cut(full: string, length: number): string {
  return full.length <= length ? full : fit(full, length).replace(/&[a-z]{0,3}…$/, '…')
}

interface Room {
  /** The longest piece. */
  readonly of: number
  readonly together: number
}

/** A text in pieces, as they are sent, divided between lines where that is possible; what has no room is cut. Nothing of a blank one. Pure. */
export function divided(text: string, { of, together }: Room): string[] {
  const pieces: string[] = []
  let [rest, left] = [withEntities(text), together]
  while (rest.length > of && left > of) {
    const end = endOf(rest, of)
    pieces.push(rest.slice(0, end))
    rest = rest.slice(end).replace(/^\n/, '')
    left -= end
  }
  if (left > 0) pieces.push(cut(rest, Math.min(of, left)))
  return pieces.filter((piece) => piece.trim() !== '')
}

/** Where the first piece ends: after a line, after a word, or at least after a whole character. */
function endOf(text: string, length: number): number {
  const beginning = text.slice(0, length)
  for (const end of [beginning.lastIndexOf('\n'), beginning.lastIndexOf(' ')]) if (end > length / 2) return end
  return beginning.replace(/(?:&[a-z]{0,3}|[\ud800-\udbff])$/, '').length || length
}
