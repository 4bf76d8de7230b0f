import { describe, expect, it } from 'vitest'

import { fieldsOf, inputOf, readConfig, secretIn, variantOf, variantsOf } from './config.ts'
import { readFields } from './fields.ts'

const webhook = {
  type: 'object',
  properties: {
    url: { type: 'string', description: 'Where to.' },
    method: { type: 'string', enum: ['POST', 'PUT'], default: 'POST' },
    keys: { type: 'array', items: { type: 'string' }, default: [] },
    headers: { type: 'object', default: {} },
    timeoutSec: { type: 'number', default: 10 },
    signs: { type: 'boolean', default: true },
  },
  required: ['url'],
}
const anySecret = { secretFields: null, alwaysSecret: [] }
const rules = { secretFields: ['url', 'keys'], alwaysSecret: ['keys'] }

const form = (values: Record<string, string>) => {
  const data = new FormData()
  for (const [name, value] of Object.entries(values)) data.set(inputOf(name), value)
  return readFields(data)
}

describe('a form by a schema', () => {
  it('asks for each member as its type wants it', () => {
    const fields = fieldsOf(webhook, rules)
    expect(fields.map(({ name, kind, secret, isRequired }) => [name, kind, secret, isRequired])).toEqual([
      ['url', 'text', 'may', true],
      ['method', 'choice', 'no', false],
      ['keys', 'lines', 'must', false],
      ['headers', 'json', 'no', false],
      ['timeoutSec', 'number', 'no', false],
      ['signs', 'switch', 'no', false],
    ])
  })

  it('reads what was said, leaves out what was left empty, and names secrets', () => {
    const said = { 'url.secret': 'HOOK', url: 'ignored', 'keys.secret': 'KEY', headers: '{"a":"b"}', timeoutSec: '3', signs: 'true' }
    expect(readConfig(fieldsOf(webhook, rules), form(said))).toEqual({
      url: { secret: 'HOOK' },
      keys: [{ secret: 'KEY' }],
      headers: { a: 'b' },
      timeoutSec: 3,
      signs: true,
    })
    expect(() => readConfig(fieldsOf(webhook, rules), form({ headers: 'a: b' }))).toThrow('It has to be JSON')
  })

  it('takes a secret for every text where no member is named', () =>
    expect(fieldsOf(webhook, anySecret).filter(({ secret }) => secret === 'may')).toMatchObject([{ name: 'url' }]))

  it('of several shapes is one of them, named by what is fixed in it', () => {
    const shape = (provider: string) => ({
      type: 'object',
      properties: { provider: { const: provider, type: 'string' }, path: { type: 'string' } },
    })
    const schema = { oneOf: [shape('s3'), shape('folder')] }
    expect(variantsOf(schema).map(({ key }) => key)).toEqual(['s3', 'folder'])
    expect([variantOf(schema, { provider: 'folder' }), variantOf(schema, {})]).toEqual(['folder', 's3'])
    expect(readConfig(fieldsOf(shape('folder'), anySecret), form({ path: 'out' }))).toEqual({ provider: 'folder', path: 'out' })
  })

  it('knows the secret that stands for a value', () => {
    expect([secretIn({ secret: 'A' }), secretIn([{ secret: 'B' }]), secretIn('plain'), secretIn(undefined)]).toEqual(['A', 'B', null, null])
  })
})
