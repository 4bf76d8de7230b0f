import fc from 'fast-check'
import { expect, test } from 'vitest'

import { maxLineLength, OutputSplitter, type OutputItem } from './output.ts'

function split(chunks: Buffer[]): OutputItem[] {
  const splitter = new OutputSplitter()
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]
}

/** Items with neighbouring log joined: what does not depend on how the bytes were cut. */
function joined(items: OutputItem[]): OutputItem[] {
  return items.reduce<OutputItem[]>((all, item) => {
    const last = all.at(-1)
    if (item.type !== 'log' || last?.type !== 'log') return [...all, item]
    return [...all.slice(0, -1), { type: 'log', text: last.text + item.text }]
  }, [])
}

const line = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '')),
  fc.constantFrom('', '  ', '{', '{}', ' {"engine":"x"}', '{"engine":"é🙂","a":{}}', '{"engine":', '{"a":1}', '[]', '"engine"'),
)

test('how the bytes are cut into chunks makes no difference', () => {
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 40 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'))
      const chunks: Buffer[] = []
      let from = 0
      for (const size of cuts) {
        chunks.push(bytes.subarray(from, from + size))
        from = Math.min(bytes.length, from + size)
      }
      chunks.push(bytes.subarray(from))
      expect(joined(split(chunks))).toEqual(joined(split([bytes])))
    }),
  )
})

test('log keeps every character that is not a message', () => {
  const items = split([Buffer.from('a\r\n\n {"engine":"x"}\n{"engine":1}\nend')])
  expect(items).toEqual([
    { type: 'log', text: 'a\r\n\n' },
    { type: 'message', line: 3, value: { engine: 'x' } },
    { type: 'log', text: '{"engine":1}\nend' },
  ])
})

test('text that can not become a message does not wait for the end of its line', () => {
  expect(new OutputSplitter().push(Buffer.from('loading..'))).toEqual([{ type: 'log', text: 'loading..' }])
})

test('the rest of a line that was too long is log, whatever it looks like', () => {
  const splitter = new OutputSplitter()
  const items = [
    ...splitter.push(Buffer.from(`{"a":"${'x'.repeat(maxLineLength)}`)),
    ...splitter.push(Buffer.from('{"engine":"outcome"}\n{"engine":"next"}\n')),
  ]
  expect(items.map((item) => item.type)).toEqual(['log', 'log', 'message'])
})

test('a long line in many small pieces takes time by its length', () => {
  const splitter = new OutputSplitter()
  const startedAt = performance.now()
  const piece = Buffer.from('y'.repeat(20))
  splitter.push(Buffer.from('{'))
  for (let sent = 0; sent < 2_000_000; sent += 20) splitter.push(piece)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})
