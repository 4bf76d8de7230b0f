import { describe, expect, it } from 'vitest'

import { readFields } from '../../parts/fields.ts'
import { fieldsOf, readConfig, written } from './config.ts'

const schema = {
  type: 'object',
  properties: {
    command: { type: 'string', description: 'A program.' },
    args: { type: 'array', items: { type: 'string' }, default: [] },
    method: { type: 'string', enum: ['POST', 'PUT'], default: 'POST' },
    timeoutSec: { type: 'number', default: 600 },
    isLoud: { type: 'boolean' },
    env: { type: 'object' },
    apiKey: { type: 'string' },
  },
  required: ['command'],
}

function filled(values: Record<string, string>) {
  const form = new FormData()
  for (const [name, value] of Object.entries(values)) form.set(`config.${name}`, value)
  return readFields(form)
}

describe('the configuration of an adapter', () => {
  it('is asked for by a field of its own kind for each part', () => {
    expect(fieldsOf(schema).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'command text',
      'args lines',
      'method choice',
      'timeoutSec number',
      'isLoud flag',
      'env json',
      'apiKey text',
    ])
    expect(fieldsOf(schema).filter(({ isRequired }) => isRequired)).toMatchObject([{ name: 'command', hint: 'A program.' }])
  })

  it('is read back as the server takes it, without what was left empty', () => {
    const fields = filled({ command: 'date', args: '-u\n+%F', timeoutSec: '5', isLoud: 'true', env: '{"A": "b"}', apiKey: 'secret:KEY' })
    expect(readConfig(schema, fields)).toEqual({
      command: 'date',
      args: ['-u', '+%F'],
      timeoutSec: 5,
      isLoud: true,
      env: { A: 'b' },
      apiKey: { secret: 'KEY' },
    })
  })

  it('says which field is no JSON', () => expect(() => readConfig(schema, filled({ env: '{A}' }))).toThrow('env is no JSON'))

  it('shows what was configured as it was written', () => {
    const config = { args: ['-u', '+%F'], apiKey: { secret: 'KEY' }, env: { A: 'b' }, timeoutSec: 5 }
    const shown = Object.fromEntries(
      fieldsOf(schema).map((field) => [field.name, written(field, Object.entries(config).find(([name]) => name === field.name)?.[1])]),
    )
    expect(shown).toMatchObject({ args: '-u\n+%F', apiKey: 'secret:KEY', env: '{\n  "A": "b"\n}', timeoutSec: '5', command: '' })
  })
})
