import { BrokenAnswer } from '../models/conversation.ts'

const longestEvent = 4_000_000

/** The data of each event of a stream; what is not ended by a blank line is no event. */
export async function* readServerSentEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    // A line may end in \r\n, whose halves may come in two chunks: the second is then as good as none.
    const lines = (rest + decoder.decode(chunk, { stream: true })).replaceAll('\r', '')
    const events = lines.split('\n\n')
    rest = events.pop() ?? ''
    if (rest.length > longestEvent) throw new BrokenAnswer(`One event is longer than ${longestEvent} characters.`)
    for (const event of events) {
      const data = dataOf(event)
      if (data !== '') yield data
    }
  }
}

function dataOf(event: string): string {
  return event
    .split('\n')
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n')
}
