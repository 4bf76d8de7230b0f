import { describe, expect, it } from 'vitest'

import { readFrames, type Frame } from './frames.ts'

const text =
  'retry: 2000\nid: 6\n\nid: 7\nevent: task.created\ndata: {"title":"Ü🦆: a"}\n\n: still here\n\ndata: one\ndata: two\r\n\r\nevent: end\ndata: {}\n\nid: 9\ndata: cut o'

async function read(bytes: Uint8Array, size: number) {
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
  }
  const frames: Frame[] = []
  for await (const frame of readFrames(chunks())) frames.push(frame)
  return frames
}

describe('server-sent events', () => {
  it.each([1, 2, 3, 7, 1_000])('are the same frames, read %i bytes at a time', async (size) => {
    expect(await read(new TextEncoder().encode(text), size)).toEqual([
      { id: '6', event: 'message', data: null },
      { id: '7', event: 'task.created', data: '{"title":"Ü🦆: a"}' },
      { id: null, event: 'message', data: 'one\ntwo' },
      { id: null, event: 'end', data: '{}' },
    ])
  })
})
