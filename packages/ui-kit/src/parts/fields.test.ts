import { expect, it } from 'vitest'

import { readFields } from './fields.ts'

it('reads texts without blanks around them, lines without empty ones, and null for what was left empty', () => {
  const form = new FormData()
  form.set('name', '  Ada ')
  form.set('tags', 'one\n\n two \n')
  form.set('note', '  ')
  form.set('ends', 'on')
  form.set('plan', new File(['a'], 'plan.md'))
  const fields = readFields(form)
  expect([fields.text('name'), fields.lines('tags'), fields.maybe('note')]).toEqual(['Ada', ['one', 'two'], null])
  expect(fields.raw('name')).toBe('  Ada ')
  expect([fields.isTicked('ends'), fields.isTicked('none')]).toEqual([true, false])
  expect([fields.files('plan').map(({ name }) => name), fields.files('name')]).toEqual([['plan.md'], []])
  expect([fields.text('none'), fields.lines('none'), fields.maybe('none')]).toEqual(['', [], null])
})
