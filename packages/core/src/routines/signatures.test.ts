import { createHmac } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { mapBody } from './mapping.ts'
import { ageMs, isEqual, isSigned, webhookKey } from './signatures.ts'

const key = 'eng_hook_key'
const body = '{"a":"ü"}'
const signed = (text: string, by = key) => `v1,${createHmac('sha256', by).update(text).digest('base64')}`
const standard = { 'webhook-id': 'd1', 'webhook-timestamp': '1767225600', 'webhook-signature': signed(`d1.1767225600.${body}`) }

describe('a delivery of the scheme standard', () => {
  it('is signed over its id, its time and its body', () => {
    expect(isSigned('standard', key, { headers: standard, body })).toBe(true)
    const changes = [
      { 'webhook-id': 'd2' },
      { 'webhook-timestamp': '1767225601' },
      { 'webhook-signature': signed(`d1.1767225600.${body}`, 'other') },
    ]
    for (const change of changes) expect(isSigned('standard', key, { headers: { ...standard, ...change }, body })).toBe(false)
    expect(isSigned('standard', key, { headers: standard, body: `${body} ` })).toBe(false)
    expect(isSigned('standard', key, { headers: {}, body })).toBe(false)
  })

  it('is signed by no key where the secret is none', () => {
    const signedByNothing = { ...standard, 'webhook-signature': signed(`d1.1767225600.${body}`, '') }
    for (const secret of ['', 'whsec_', 'too short'])
      expect(isSigned('standard', webhookKey(secret), { headers: signedByNothing, body })).toBe(false)
  })

  it('may be signed with several keys, of which one counts', () => {
    const both = `${signed('x')} v1a,abc ${standard['webhook-signature']}`
    expect(isSigned('standard', key, { headers: { ...standard, 'webhook-signature': both }, body })).toBe(true)
    const many = `${'v1,x '.repeat(5)}${standard['webhook-signature']}`
    expect(isSigned('standard', key, { headers: { ...standard, 'webhook-signature': many }, body })).toBe(false)
  })

  it('has an age, and one without a time is older than any window', () => {
    expect(ageMs('standard', standard, 1_767_225_600_000 + 5_000)).toBe(5_000)
    expect(ageMs('standard', standard, 1_767_225_600_000 - 5_000)).toBe(5_000)
    for (const time of ['', '-1', '1e9', '9'.repeat(13), undefined])
      expect(ageMs('standard', { 'webhook-timestamp': time }, 0)).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('a delivery as GitHub signs', () => {
  it('is signed over its body', () => {
    // The example of its documentation.
    const headers = { 'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17' }
    expect(isSigned('github', "It's a Secret to Everybody", { headers, body: 'Hello, World!' })).toBe(true)
    expect(isSigned('github', "It's a Secret to Everybody", { headers, body: 'Hello, World' })).toBe(false)
    expect(ageMs('github', {}, 0)).toBeNull()
  })
})

it('texts of different length are different', () => {
  expect([isEqual('', ''), isEqual('a', 'ab'), isEqual('ab', 'ab'), isEqual('ü', 'u')]).toEqual([true, false, true, false])
})

describe('a mapping', () => {
  const map = (mapping: Record<string, string>, document: unknown) => mapBody(mapping, JSON.stringify(document))

  it('takes the fields that it names, and nothing else', () => {
    const document = { pull: { head: { ref: 'main' }, list: [{ n: 1 }] }, other: 'x', nothing: null }
    expect(map({ branch: 'pull.head.ref', n: 'pull.list.0.n', none: 'pull.x.y', nothing: 'nothing' }, document)).toEqual({
      branch: 'main',
      n: 1,
      nothing: null,
    })
  })

  it.each(['constructor', 'toString', 'a.length', 'list.length.x', 'text.0', 'constructor.prototype'])(
    'finds no %s, which only objects inherit',
    (path) => {
      expect(map({ v: path }, { a: {}, list: [], text: 'abc' })).toEqual({})
    },
  )

  it('refuses a body that is no JSON, when it wants something of it', () => {
    expect(() => mapBody({ v: 'a' }, 'a=1')).toThrow(expect.objectContaining({ kind: 'rule' }))
    expect(mapBody({}, 'a=1')).toEqual({})
  })
})
