import { describe, expect, it } from 'vitest'

import { readJsonBody } from './body.ts'

const read = (body: string | Uint8Array, type: string | null = 'application/json') =>
  readJsonBody({
    method: 'POST',
    url: new URL('http://engine.invalid/'),
    header: (name) => (name === 'content-type' ? type : null),
    body: async () => Buffer.from(body),
    signal: () => AbortSignal.abort(),
  })

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

describe('a JSON body', () => {
  it('is read as it is', async () => {
    const value = { text: '\u2028 "é" 🦉', number: 1e308, list: [null, true, { a: [] }], constructor: 1, '': '' }
    expect(await read(JSON.stringify(value))).toEqual(value)
  })

  it('may be left out, whatever its type says', async () => {
    expect(await read('', null)).toEqual({})
    expect(await read('', 'text/plain')).toEqual({})
  })

  it.each(['{}{}', 'null', '[]', '1', '"x"', '{"a":1,}', "{'a':1}", '{"a":\t01}', ' ', '{"a":"\n"}', '\u0000'])(
    'is not %j',
    async (text) => {
      await expect(read(text)).rejects.toMatchObject({ kind: 'invalid', code: 'malformed_json' })
    },
  )

  it('is not what is no UTF-8', async () => {
    for (const bytes of [
      [0xff],
      [0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x3a, 0x31, 0x7d],
      [0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d],
    ]) {
      await expect(read(Uint8Array.from(bytes))).rejects.toMatchObject({ code: 'malformed_json' })
    }
  })

  it.each([null, '', 'text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'text/application/json'])(
    'is not said to be %s',
    async (type) => {
      await expect(read('{}', type)).rejects.toMatchObject({ kind: 'invalid', code: 'unsupported_media_type' })
    },
  )

  it('is nested 32 levels deep at most, in objects and in lists', async () => {
    expect(await read(nested(32))).toBeTypeOf('object')
    for (const text of [nested(33), `{"a":${'['.repeat(32)}${']'.repeat(32)}}`, nested(100_000)]) {
      await expect(read(text)).rejects.toMatchObject({ code: 'malformed_json' })
    }
  })

  it('leaves no __proto__ behind, at any depth and however it is spelled', async () => {
    const value = await read(String.raw`{"__proto__":{"x":1},"a":[{"__proto__":[]},{"b":{"\u005f_proto__":{"x":1},"c":1}}]}`)
    expect(JSON.stringify(value)).toBe('{"a":[{},{"b":{"c":1}}]}')
    expect(({} as { x?: number }).x).toBeUndefined()
  })
})
