import { StringDecoder } from 'node:string_decoder'

/** Characters (UTF-16 units) of one line. Longer ones are log, whatever they begin with. */
export const maxLineLength = 2 * 1024 * 1024

export type OutputItem =
  | { readonly type: 'log'; readonly text: string }
  | { readonly type: 'message'; readonly line: number; readonly value: { readonly engine: string } }
  /** Begins like a message and can not be one. */
  | { readonly type: 'broken'; readonly line: number; readonly why: string }

const beginsLikeMessage = /^\s*\{\s*"engine"\s*:/

/**
 * Splits the bytes of stdout into messages and log text, in their order. Log text keeps every character and is joined
 * as far as one chunk brings it; only a line that can still become a message waits for its end.
 */
export class OutputSplitter {
  readonly #decoder = new StringDecoder('utf8')
  /** `start`: only blanks so far. `object`: begins with a brace. `text`: log for certain. */
  #lineState: 'start' | 'object' | 'text' = 'start'
  #pending = ''
  #line = 1

  push(chunk: Buffer): OutputItem[] {
    return this.#split(this.#decoder.write(chunk))
  }

  /** What the last, unended line holds. */
  end(): OutputItem[] {
    const items = this.#split(this.#decoder.end())
    if (this.#pending !== '') this.#completeLine(items)
    return items
  }

  #split(text: string): OutputItem[] {
    const items: OutputItem[] = []
    for (let from = 0; from < text.length;) {
      const lineEnd = text.indexOf('\n', from)
      const next = lineEnd < 0 ? text.length : lineEnd + 1
      this.#take(text.slice(from, next), items)
      if (lineEnd >= 0) this.#completeLine(items)
      from = next
    }
    return items
  }

  #take(piece: string, items: OutputItem[]): void {
    const first = this.#lineState === 'start' ? piece.trimStart()[0] : undefined
    if (first !== undefined) this.#lineState = first === '{' ? 'object' : 'text'
    this.#pending += piece
    if (this.#lineState === 'object' && this.#pending.length > maxLineLength && beginsLikeMessage.test(this.#pending)) {
      items.push({ type: 'broken', line: this.#line, why: `the line is longer than ${maxLineLength} characters` })
    }
    if (this.#pending.length > maxLineLength) this.#lineState = 'text'
    if (this.#lineState === 'text') this.#flushLog(items)
  }

  #completeLine(items: OutputItem[]): void {
    if (this.#lineState === 'object') this.#completeObject(items)
    this.#flushLog(items)
    this.#lineState = 'start'
    this.#line += 1
  }

  #completeObject(items: OutputItem[]): void {
    const value = parseJson(this.#pending)
    if (isMessage(value)) {
      items.push({ type: 'message', line: this.#line, value })
      this.#pending = ''
    } else if (value === undefined && beginsLikeMessage.test(this.#pending)) {
      items.push({ type: 'broken', line: this.#line, why: 'the line is not valid JSON' })
    }
  }

  #flushLog(items: OutputItem[]): void {
    if (this.#pending === '') return
    const last = items.at(-1)
    if (last?.type === 'log') items[items.length - 1] = { type: 'log', text: last.text + this.#pending }
    else items.push({ type: 'log', text: this.#pending })
    this.#pending = ''
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isMessage(value: unknown): value is { engine: string } {
  return typeof value === 'object' && value !== null && 'engine' in value && typeof value.engine === 'string'
}
