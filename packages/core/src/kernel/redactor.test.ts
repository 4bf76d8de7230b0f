import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { createRedactor } from './redactor.ts'
import { formsOf } from './redactor-forms.ts'

const value = 'c4n/ry+Ünï "q"\\s e?r&t=42'
const named = [{ name: 'CANARY', value }]
const marker = '[secret CANARY]'

/** Sends a text in pieces that end at these places. */
function inPieces(values: typeof named, text: string, cuts: readonly number[]): string {
  const stream = createRedactor(values).stream()
  const ends = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].toSorted((left, right) => left - right)
  let from = 0
  let output = ''
  for (const end of [...ends, text.length]) {
    output += stream.push(text.slice(from, end))
    from = end
  }
  return output + stream.end()
}

describe('what is blotted out', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  it.each([
    ['the value itself', value],
    ['a string of JSON', JSON.stringify(value).slice(1, -1)],
    ['a string of JSON in a string of JSON', JSON.stringify(JSON.stringify(value)).slice(3, -3)],
    ['a part of a URL', encodeURIComponent(value)],
    ['a part of a URL in small letters', encodeURIComponent(value).replaceAll(/%../g, (code) => code.toLowerCase())],
    ['a field of a form', new URLSearchParams({ '': value }).toString().slice(1)],
    ['base64', base64(value)],
    ['base64 for URLs', Buffer.from(value).toString('base64url')],
    ['hex', Buffer.from(value).toString('hex')],
  ])('is the value as %s', (_, text) => {
    expect(createRedactor(named).redact(`key=${text}; end`)).toBe(`key=${marker}; end`)
  })

  it.each(['a:', 'me:', 'you:'])('is base64 of something that begins with "%s" and has the value in it', (before) => {
    const text = createRedactor(named).redact(`Basic ${base64(`${before}${value}@host`)}`)
    expect(text).toMatch(/^Basic [\w+/=]{2,6}\[secret CANARY\][\w+/=]{5,10}$/)
  })

  it('is base64 of a long value that a tool broke into lines', () => {
    const long = 'abc-%d_'.repeat(30)
    for (const width of [64, 76]) {
      const broken = base64(long).replaceAll(new RegExp(`.{${width}}`, 'g'), '$&\n')
      expect(createRedactor([{ name: 'LONG', value: long }]).redact(broken)).toBe('[secret LONG]')
    }
  })

  it('is each long line of a value of several lines, however they are indented', () => {
    const lines = ['-----BEGIN KEY-----', 'MIIEvQIBADANBgkqhkiG9w0B', 'short', '-----END KEY-------']
    const redactor = createRedactor([{ name: 'PEM', value: lines.join('\n') }])
    expect(redactor.redact(`> ${lines[1]}\n> and ${lines[0]} ok`)).toBe('> [secret PEM]\n> and [secret PEM] ok')
    expect(redactor.redact(lines.join('\n'))).toBe('[secret PEM]')
  })

  it('is found without the blanks around the value', () => {
    expect(createRedactor([{ name: 'LINE', value: ' from a file \n' }]).redact('"from a file"')).toBe('"[secret LINE]"')
  })

  it('is whole where values overlap, and has the name of the first', () => {
    const redactor = createRedactor([
      { name: 'A', value: 'abcd' },
      { name: 'B', value: 'bcdefgh' },
    ])
    expect(redactor.redact('<abcdefgh>')).toBe('<[secret A]>')
    expect(redactor.redact('<abcde>')).toBe('<[secret A]e>')
    expect(redactor.redact('<abcdabcd>')).toBe('<[secret A][secret A]>')
  })

  it('is the greater part of a value with which a text ends', () => {
    const redactor = createRedactor([{ name: 'TOKEN', value: 'abcdefghijklmnop' }])
    expect(redactor.redact('it is abcdefghijklmno')).toBe('it is [secret TOKEN]')
    expect(redactor.redact('it is abcdefgh')).toBe('it is abcdefgh')
  })

  it('is in texts at any depth, and in the names of their fields', () => {
    const nothing = { number: 1, nothing: null, yes: true }
    expect(createRedactor(named).redactAll({ a: [{ [`x${value}`]: `y${value}` }], ...nothing })).toEqual({
      a: [{ [`x${marker}`]: `y${marker}` }],
      ...nothing,
    })
  })

  it('is refused in bytes, at once or when they are read', async () => {
    const redactor = createRedactor(named)
    const bytes = Buffer.concat([Buffer.from([0, 255]), Buffer.from(value)])
    expect(() => redactor.redactAll({ content: bytes })).toThrow(/value of a secret \(CANARY\)/)
    const read = redactor.redactAll(async () => bytes) as () => Promise<unknown>
    await expect(read()).rejects.toThrow(/CANARY/)
    expect(redactor.redactAll({ content: Buffer.from('harmless') })).toEqual({ content: Buffer.from('harmless') })
  })
})

describe('a stream', () => {
  it('holds back no more than what may be the beginning of a value', () => {
    const stream = createRedactor([{ name: 'TOKEN', value: 'hunter2' }]).stream()
    expect(stream.push('hello h')).toBe('hello ')
    expect(stream.push('i hunt')).toBe('hi ')
    expect(stream.push('er2!')).toBe('[secret TOKEN]!')
    expect(stream.push('hu')).toBe('')
    expect(stream.end()).toBe('hu')
  })

  it('gives out one marker for values that overlap, wherever it is cut', () => {
    const values = [
      { name: 'A', value: 'abcd' },
      { name: 'B', value: 'bcdefgh' },
      { name: 'C', value: 'ghab' },
    ]
    for (const text of ['<abcdefgh>', '<abcdefghabcdx', 'xabcdefg', 'abcdabcdefghab'])
      for (let cut = 0; cut <= text.length; cut += 1)
        for (let next = 0; next <= text.length; next += 1)
          expect(inPieces(values, text, [cut, next])).toBe(createRedactor(values).redact(text))
  })

  it('does not slow down with a value that repeats itself', () => {
    const text = 'a'.repeat(5_000)
    expect(inPieces([{ name: 'A', value: 'a'.repeat(50) }], text, [7, 70, 700, 1_500])).toBe('[secret A]')
  })
})

describe('whatever is written, and however it is cut', () => {
  const secrets = fc.array(fc.string({ unit: 'grapheme', minLength: 6, maxLength: 40 }), { minLength: 1, maxLength: 3 })
  const usable = secrets.map((values) =>
    values.filter((text) => text.isWellFormed() && text.trim().length >= 6).map((text, index) => ({ name: `S${index}`, value: text })),
  )

  it('no form of a value is left', () => {
    const noise = fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[[\]]/g, ''))
    fc.assert(
      fc.property(
        usable,
        fc.array(fc.tuple(noise, fc.nat(), fc.nat()), { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (...[values, parts, cuts]) => {
          if (values.length === 0) return
          const forms = values.flatMap((one) => formsOf(one.value))
          const text = parts.map(([between, which]) => between + (forms[which % forms.length] ?? '')).join('')
          const told = inPieces(values, text, cuts)
          const plain = told.replaceAll(/\[secret S\d\]/g, '\u0000')
          for (const form of forms) expect(plain).not.toContain(form)
          expect(told).toBe(createRedactor(values).redact(text))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('text without a value comes out as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.nat(), { maxLength: 8 }), (text, cuts) => {
        expect(inPieces([{ name: 'S', value: '\u2603 value that no text here has \u2603' }], text, cuts)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})
