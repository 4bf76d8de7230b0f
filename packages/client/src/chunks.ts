/**
 * The bytes of an answer, until the signal, with which it ends: in Node.js that of the request has no hold on an answer any more once memory
 * was cleared up, and on Node.js 22 neither has one that `fetch` is given beside the request. Not every browser can iterate a stream itself.
 */
export async function* chunksOf(stream: ReadableStream<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  const cancel = () => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}

/** An answer as any fetch gives it: that of React Native does not show its bytes. */
interface Answer {
  readonly body?: ReadableStream<Uint8Array> | null
  text(): Promise<string>
}

/** The whole of an answer. @throws the reason of the signal, when it comes first */
export async function readText(answer: Answer, signal: AbortSignal): Promise<string> {
  const { body } = answer
  if (body === undefined) return answer.text()
  const decoder = new TextDecoder()
  let text = ''
  if (body) for await (const chunk of chunksOf(body, signal)) text += decoder.decode(chunk, { stream: true })
  signal.throwIfAborted()
  return text + decoder.decode()
}
