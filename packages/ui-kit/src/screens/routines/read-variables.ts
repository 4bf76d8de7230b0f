import type { Routine } from '@engine/core/contract'

import type { Fields } from '../../parts/fields.ts'

export type Variable = Routine['variables'][number]

export const variableTypes = ['text', 'number', 'boolean', 'select', 'date'] as const satisfies readonly Variable['type'][]

export const yesOrNo = [
  ['true', 'yes'],
  ['false', 'no'],
] as const

/** The value of a variable in a field; null for what was left empty. */
export function valueIn(fields: Fields, name: string, type: Variable['type']): string | number | boolean | null {
  const text = fields.maybe(name)
  if (text === null) return null
  if (type === 'number') return Number(text)
  return type === 'boolean' ? text === 'true' : text
}

/** What a form declares: the fields of the variable `n` are named `variables.n.name` and so on, without a gap. */
export function readVariables(fields: Fields): Variable[] {
  const declared: Variable[] = []
  for (let at = fieldsAt(0); fields.text(at.name) !== ''; at = fieldsAt(declared.length)) {
    const type = variableTypes.find((each) => each === fields.text(at.type)) ?? 'text'
    declared.push({
      name: fields.text(at.name),
      type,
      description: fields.maybe(at.description),
      isRequired: fields.isTicked(at.isRequired),
      default: valueIn(fields, at.default, type),
      options: type === 'select' ? fields.lines(at.options) : null,
    })
  }
  return declared
}

function fieldsAt(index: number) {
  const at = (member: keyof Variable) => `variables.${index}.${member}`
  return {
    name: at('name'),
    type: at('type'),
    description: at('description'),
    isRequired: at('isRequired'),
    default: at('default'),
    options: at('options'),
  }
}
