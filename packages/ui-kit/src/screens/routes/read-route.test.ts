import { describe, expect, it } from 'vitest'

import { FieldError } from '../../data/failure.ts'
import { readFields } from '../../parts/fields.ts'
import { asScope, readRoute, sayingOf } from './read-route.ts'

function form(values: readonly (readonly [string, string])[]) {
  const data = new FormData()
  for (const [name, value] of values) data.append(name, value)
  return readFields(data)
}

describe('a route as a form says it', () => {
  it('is of one thing or of the whole company', () => {
    expect(asScope('project 1')).toEqual({ projectId: '1', agentId: null })
    expect(asScope('agent 2')).toEqual({ projectId: null, agentId: '2' })
    expect(asScope('')).toEqual({ projectId: null, agentId: null })
  })

  it('has the conditions that were named, and no others', () => {
    const said = form([
      ['conditions.tagsAny', 'report, launch'],
      ['conditions.priority', 'low'],
      ['conditions.priority', 'high'],
      ['conditions.context', '{"customer": "acme"}'],
    ])
    expect(readRoute(said).conditions).toEqual({ tagsAny: ['report', 'launch'], priority: ['high', 'low'], context: { customer: 'acme' } })
    expect(readRoute(form([])).conditions).toEqual({})
  })

  it('sends the event, what a mapping makes of it, or a text: one of them', () => {
    const both = [
      ['mapping', '{"data": null}'],
      ['template.text', '{{type}}\n'],
      ['template.contentType', 'text/plain'],
    ] as const
    expect(readRoute(form([...both, ['saying', 'mapping']]))).toMatchObject({ mapping: { data: null }, template: null })
    const template = { text: '{{type}}\n', contentType: 'text/plain' }
    expect(readRoute(form([...both, ['saying', 'template']]))).toMatchObject({ mapping: null, template })
    expect(readRoute(form(both))).toMatchObject({ mapping: null, template: null })
    expect([sayingOf(null), sayingOf({ mapping: {}, template: null }), sayingOf({ mapping: {}, template })]).toEqual([
      'event',
      'mapping',
      'template',
    ])
  })

  it('says which field is no object', () => {
    const wrong = (text: string) => () => readRoute(form([['conditions.context', text]]))
    for (const text of ['customer', '["acme"]', '7']) expect(wrong(text)).toThrow(FieldError)
    expect(wrong('{}')).not.toThrow()
  })
})
