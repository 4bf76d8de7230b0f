import fc from 'fast-check'
import { expect, test } from 'vitest'

import { LineSplitter, maxLineLength, type Line } from './lines.ts'

function split(chunks: Buffer[]): Line[] {
  const splitter = new LineSplitter()
  return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.push(null)]
}

test('a line ends at the line feed only', () => {
  const value = { text: 'one\u2028two\u2029three\u0085four' }
  expect(split([Buffer.from(`${JSON.stringify(value)}\n`)])).toMatchObject([{ type: 'object', value }])
})

test('what is no JSON object is text and keeps every character', () => {
  const text = 'plain\r\n[1]\n"x"\n{broken\n\n'
  const lines = split([Buffer.from(`${text}{"a":1}\nno end`)])
  expect(lines.filter((line) => line.type === 'object')).toMatchObject([{ value: { a: 1 } }])
  expect(lines.map((line) => (line.type === 'text' ? line.text : '')).join('')).toBe(`${text}no end`)
})

test('the last line needs no line feed', () => {
  expect(split([Buffer.from('{"a":1}')])).toMatchObject([{ type: 'object', value: { a: 1 } }])
})

test('how the bytes are cut makes no difference', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', '')),
    fc.constantFrom('{"a":"é🙂"}', '{', '', '{"b":[1]}'),
  )
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 20 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.join('\n'))
      let from = 0
      const chunks = cuts.map((size) => bytes.subarray(from, (from = Math.min(bytes.length, from + size))))
      expect(split([...chunks, bytes.subarray(from)])).toEqual(split([bytes]))
    }),
  )
})

test('a line that is too long is text to its end, and the next one is read again', () => {
  const lines = split([Buffer.from(`{"a":"${'x'.repeat(maxLineLength)}`), Buffer.from('"}\n{"b":1}\n')])
  expect(lines.map((line) => line.type)).toEqual(['text', 'text', 'object'])
})
