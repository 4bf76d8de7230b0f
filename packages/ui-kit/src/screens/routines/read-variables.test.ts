import { expect, it } from 'vitest'

import { readFields } from '../../parts/fields.ts'
import { readVariables, valueIn } from './read-variables.ts'

function form(values: Readonly<Record<string, string>>) {
  const data = new FormData()
  for (const [name, value] of Object.entries(values)) data.set(name, value)
  return readFields(data)
}

it('reads declared variables in their order, each default by its type', () => {
  const fields = form({
    'variables.0.name': 'shop',
    'variables.0.type': 'select',
    'variables.0.options': 'north\nsouth',
    'variables.0.default': 'north',
    'variables.0.isRequired': 'on',
    'variables.1.name': 'pages',
    'variables.1.type': 'number',
    'variables.1.default': '0',
    'variables.1.description': 'How many',
    'variables.2.name': 'isFinal',
    'variables.2.type': 'boolean',
    'variables.2.default': 'false',
  })
  expect(readVariables(fields)).toEqual([
    { name: 'shop', type: 'select', description: null, isRequired: true, default: 'north', options: ['north', 'south'] },
    { name: 'pages', type: 'number', description: 'How many', isRequired: false, default: 0, options: null },
    { name: 'isFinal', type: 'boolean', description: null, isRequired: false, default: false, options: null },
  ])
  expect(readVariables(form({}))).toEqual([])
})

it('takes a value that was left empty for none', () => {
  expect(valueIn(form({ day: '' }), 'day', 'date')).toBeNull()
  expect(valueIn(form({ day: '2026-03-31' }), 'day', 'date')).toBe('2026-03-31')
})
