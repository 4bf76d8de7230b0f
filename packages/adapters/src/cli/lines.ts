import { StringDecoder } from 'node:string_decoder'

import type { JsonObject } from '@engine/core/plugin'

/** Characters (UTF-16 units) of one line. The rest of a longer one is log, whatever it holds. */
export const maxLineLength = 16 * 1024 * 1024

export type Line =
  { readonly type: 'object'; readonly value: JsonObject; readonly text: string } | { readonly type: 'text'; readonly text: string }

/**
 * Splits the bytes of stdout into lines at the line feed only: JSON text may hold every other character that some readers take for
 * the end of a line. A line that is no JSON object is text and keeps its line end.
 */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8')
  #pieces: string[] = []
  #length = 0
  #isTooLong = false

  /** Null is the end of the stream. */
  push(chunk: Buffer | null): Line[] {
    const lines: Line[] = []
    const text = chunk ? this.#decoder.write(chunk) : this.#decoder.end()
    for (let from = 0; from < text.length;) {
      const lineEnd = text.indexOf('\n', from)
      const next = lineEnd < 0 ? text.length : lineEnd + 1
      this.#take(text.slice(from, next), lines)
      if (lineEnd >= 0) this.#complete(lines)
      from = next
    }
    if (!chunk) this.#complete(lines)
    return lines
  }

  #take(piece: string, lines: Line[]): void {
    this.#pieces.push(piece)
    this.#length += piece.length
    if (this.#length > maxLineLength) this.#isTooLong = true
    if (this.#isTooLong) this.#flush(lines)
  }

  #complete(lines: Line[]): void {
    const value = this.#isTooLong ? null : parseObject(this.#pieces.join(''))
    if (value) lines.push({ type: 'object', value, text: this.#pieces.join('') })
    else this.#flush(lines)
    this.#pieces = []
    this.#length = 0
    this.#isTooLong = false
  }

  #flush(lines: Line[]): void {
    const text = this.#pieces.join('')
    if (text !== '') lines.push({ type: 'text', text })
    this.#pieces = []
    this.#length = 0
  }
}

function parseObject(text: string): JsonObject | null {
  if (!text.trimStart().startsWith('{')) return null
  try {
    // The cast is safe: what JSON.parse makes of a text that begins with a brace is an object of JSON values.
    return JSON.parse(text) as JsonObject
  } catch {
    return null
  }
}
