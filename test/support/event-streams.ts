import { onTestFinished } from 'vitest'

export interface Frame {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** An open event stream: frames are taken from it one by one, as they come. */
export class Stream {
  readonly response: Response
  readonly #frames: AsyncGenerator<Frame>
  readonly #away: AbortController

  constructor(response: Response, away: AbortController) {
    this.response = response
    this.#frames = framesOf(response)
    this.#away = away
  }

  async take(count: number): Promise<Frame[]> {
    const taken: Frame[] = []
    while (taken.length < count) {
      const { value, done } = await this.#frames.next()
      if (done) break
      taken.push(value)
    }
    return taken
  }

  /** What comes first, as it is written; the stream is over then. */
  async firstBlock(): Promise<string> {
    let text = ''
    for await (const chunk of this.response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk
      if (text.includes('\n\n')) break
    }
    return text.slice(0, text.indexOf('\n\n'))
  }

  /** Everything until the server ends the stream. */
  async rest(): Promise<Frame[]> {
    return this.take(Number.POSITIVE_INFINITY)
  }

  leave(): void {
    this.#away.abort()
  }

  /** Stops reading, as a host does when its client is gone; resolves when the source has heard of it. */
  async close(): Promise<void> {
    await this.#frames.return(undefined)
  }
}

async function* framesOf(response: Response): AsyncGenerator<Frame> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      )
      text = text.slice(end + 2)
      if (fields.has('event')) yield { id: fields.get('id') ?? '', event: fields.get('event') ?? '', data: fields.get('data') ?? '' }
    }
  }
}

/** Opens a stream; the test leaves it when it is over. */
export async function openStream(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Stream> {
  const away = new AbortController()
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: away.signal })
  const stream = new Stream(response, away)
  onTestFinished(() => stream.leave())
  return stream
}
