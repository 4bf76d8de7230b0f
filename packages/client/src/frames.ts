/** One message of a stream of server-sent events. */
export interface Frame {
  readonly id: string | null
  readonly event: string
  readonly data: string
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
  const data = fields.get('data')
  if (!data) return null
  return { id: fields.get('id')?.at(-1) ?? null, event: fields.get('event')?.at(-1) ?? 'message', data: data.join('\n') }
}
