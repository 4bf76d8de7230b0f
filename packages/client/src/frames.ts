/** One message of a stream of server-sent events. */
export interface Frame {
  readonly id: string | null
  readonly event: string
  /** Null where it only says a position. */
  readonly data: string | null
}

/** Reads server-sent events off their bytes. What has not ended when the bytes do is no frame. */
export async function* readFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    rest += decoder.decode(chunk, { stream: true })
    const blocks = rest.split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const frame = readFrame(block)
      if (frame) yield frame
    }
  }
}

/** Null for comments and for what only sets times. */
function readFrame(block: string): Frame | null {
  const fields = new Map<string, string[]>()
  for (const line of block.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    fields.set(name, [...(fields.get(name) ?? []), value])
  }
  const [data, id] = [fields.get('data')?.join('\n') ?? null, fields.get('id')?.at(-1) ?? null]
  if (data === null && id === null) return null
  return { id, event: fields.get('event')?.at(-1) ?? 'message', data }
}
