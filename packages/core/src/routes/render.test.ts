import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { JsonObject } from '../kernel/json.ts'
import { render, Unrenderable } from './render.ts'

describe('what a route sends', () => {
  it('is JSON with the value in its place, whatever that is', () => {
    const parts = fc.constantFrom(
      '{{',
      '}}',
      '{{secret}}',
      '{{data.secret}}',
      '"',
      '\\',
      '\n',
      '\u2028',
      '","admin":true,"x":"',
      '__proto__',
    )
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(parts, { maxLength: 8 }).map((some) => some.join('')),
    )
    const template = { text: '{"title":"{{data.title}}","fixed":1}', contentType: 'application/json' as const }
    fc.assert(
      fc.property(value, (title) => {
        const body = render({ mapping: null, template }, { data: { title, secret: 'never told' } })
        expect(body.kind === 'text' && JSON.parse(body.text)).toEqual({ title, fixed: 1 })
      }),
      { numRuns: 20_000 },
    )
  })

  it('has each value that a mapping names as it is, with what is null in it, in the place of what was there', () => {
    const task = { title: 'x', projectId: null, context: { due: null, list: [1, { more: null }] } }
    const event = { id: '1', data: { from: null, task } }
    const mapping = {
      task: '{{data.task}}',
      data: { task: '{{data.task.context}}', added: ['{{data.from}}', { deep: '{{data.task.context.list}}', none: null }] },
      project: '{{data.task.projectId}}',
      id: null,
      nested: { gone: null, deeper: { text: '{{id}}/{{data.task.projectId}}' } },
    }
    expect(render({ mapping, template: null }, event)).toEqual({
      kind: 'json',
      value: {
        task,
        data: { from: null, task: task.context, added: [null, { deep: [1, { more: null }], none: null }] },
        project: null,
        nested: { deeper: { text: '1/null' } },
      },
    })
  })

  it.each([
    ['text/html', '&#60;b&#62;&#34;'],
    ['TEXT/HTML; charset=utf-8', '&#60;b&#62;&#34;'],
    ['image/svg+xml', '&#60;b&#62;&#34;'],
    ['application/json', '<b>\\"'],
    ['Application/vnd.acme+JSON', '<b>\\"'],
    ['text/plain', '<b>"'],
    ['text/plain; note="html and json"', '<b>"'],
  ])('is escaped as %s wants it', (contentType, text) => {
    const template = { text: '{{data.title}}', contentType }
    expect(render({ mapping: null, template }, { data: { title: '<b>"' } })).toEqual({ kind: 'text', text, contentType })
  })

  it('finds nothing that only objects inherit, and pollutes nothing', () => {
    for (const place of ['data.constructor', 'data.__proto__', 'data.toString', 'data.title.length', 'constructor.prototype']) {
      const template = { text: `{{${place}}}`, contentType: 'text/plain' as const }
      expect(() => render({ mapping: null, template }, { data: { title: 'x' } })).toThrow(Unrenderable)
    }
    // As JSON.parse makes it of what somebody sent.
    const event = JSON.parse('{"data":{"__proto__":{"polluted":"yes"},"title":"x"}}') as JsonObject
    render({ mapping: { more: { title: '{{data.title}}' } }, template: null }, event)
    expect(({} as { polluted?: string }).polluted).toBeUndefined()
  })
})
