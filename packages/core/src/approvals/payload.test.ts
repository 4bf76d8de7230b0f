import { describe, expect, it } from 'vitest'

import { configurationIn, hashPayload, visiblePayload } from './payload.ts'

const draft = { name: 'Bob', adapterType: 'process', adapterConfig: { command: 'node' }, profiles: {}, fallbacks: [] }
const hire = { type: 'hire_agent' as const, payload: JSON.stringify(draft) }

describe('the hash of a payload', () => {
  it('is the same for equal content, in whatever order it was written', () => {
    expect(hashPayload({ a: 1, b: { d: [1, 2], c: null } })).toBe(hashPayload({ b: { c: null, d: [1, 2] }, a: 1 }))
  })

  it('is the SHA-256 of its canonical JSON', () => {
    expect(hashPayload({ b: 1, a: 'ü' })).toBe('4e7ff4080b1a00acdaf71eb0cdf2d504aa8068bbb375c002eac2df3f064047a7')
  })

  it('is another one for any other content', () => {
    const hashes = [{}, { a: 1 }, { a: '1' }, { a: [1] }, { a: 1, b: null }, { a: -1 }].map(hashPayload)
    expect(new Set(hashes).size).toBe(hashes.length)
  })
})

describe('a payload as somebody may see it', () => {
  it('is whole for who may configure agents', () => {
    expect(visiblePayload(hire, { showsConfig: true })).toEqual({ payload: draft, isPayloadComplete: true })
  })

  it('has no configuration of adapters for others, and says that something is missing', () => {
    expect(visiblePayload(hire, { showsConfig: false })).toEqual({
      payload: { ...draft, adapterConfig: null },
      isPayloadComplete: false,
    })
  })

  it('is whole for everybody when it configures nothing', () => {
    const plain = { ...hire, payload: JSON.stringify({ ...draft, adapterConfig: {} }) }
    expect(visiblePayload(plain, { showsConfig: false })).toMatchObject({ payload: { adapterConfig: {} }, isPayloadComplete: true })
  })

  it('is whole for everybody when it is no hire, whatever its fields are called', () => {
    const custom = { type: 'custom' as const, payload: '{"adapterConfig":{"a":1}}' }
    expect(visiblePayload(custom, { showsConfig: false })).toEqual({ payload: { adapterConfig: { a: 1 } }, isPayloadComplete: true })
  })
})

it('finds the configuration in a hire', () => {
  expect(configurationIn(draft)).toEqual(['adapterConfig'])
  const full = { profiles: { cheap: { adapterConfig: {} } }, fallbacks: [{ adapterType: 'process', adapterConfig: {} }] }
  expect(configurationIn(full)).toEqual(['profiles', 'fallbacks'])
  expect(configurationIn({ name: 'Bob', adapterConfig: null })).toEqual([])
})
