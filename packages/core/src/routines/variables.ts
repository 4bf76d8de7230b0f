import { ruleViolated } from '../kernel/errors.ts'
import { DayText, type Values, type Variable } from './schema.ts'

type Scalar = string | number | boolean

/**
 * The value of each variable: the one given, or its default. Pure.
 * @throws `rule_violated` naming a variable that is missing, unknown, or of another type
 */
export function valuesOf(variables: readonly Variable[], given: Readonly<Record<string, unknown>>): Values {
  const unknown = Object.keys(given).filter((name) => !variables.some((variable) => variable.name === name))
  if (unknown.length > 0)
    throw ruleViolated(`variables: this routine declares no ${unknown.join(', ')}.`, {
      unknown,
      known: variables.map(({ name }) => name),
    })
  const values = variables.flatMap((variable): [string, Scalar][] => {
    const value = Object.hasOwn(given, variable.name) ? given[variable.name] : undefined
    const found = value === undefined || value === null ? variable.default : fitting(variable, value)
    if (found !== undefined && found !== null) return [[variable.name, found]]
    if (variable.isRequired)
      throw ruleViolated(`variables.${variable.name}: it is required, and has no value.`, { variable: variable.name })
    return []
  })
  return Object.fromEntries(values)
}

/** @throws `rule_violated` naming a variable that is there twice, or whose default or options do not fit its type */
export function assertDeclarations(variables: readonly Variable[]): void {
  for (const [index, variable] of variables.entries()) {
    const { name, type, options } = variable
    if (variables.findIndex((other) => other.name === name) !== index)
      throw ruleViolated(`variables: ${name} is declared twice.`, { variable: name })
    if ((type === 'select') !== (options !== null))
      throw ruleViolated(`variables.${name}: a select has options, and nothing else has.`, { variable: name })
    if (variable.default !== null) fitting(variable, variable.default)
  }
}

/** The variables that nobody gives a value when a schedule fires. */
export function withoutDefault(variables: readonly Variable[]): string[] {
  return variables.filter((variable) => variable.isRequired && variable.default === null).map(({ name }) => name)
}

const expected: Record<Variable['type'], string> = {
  text: 'a text of up to 8192 characters',
  number: 'a number',
  boolean: 'true or false',
  select: 'one of its options',
  date: 'a day such as 2026-03-31',
}

function fitting(variable: Variable, value: unknown): Scalar {
  const found = asType(variable, value)
  if (found !== undefined) return found
  throw ruleViolated(`variables.${variable.name}: the value must be ${expected[variable.type]}.`, {
    variable: variable.name,
    type: variable.type,
    ...(variable.options && { options: variable.options }),
  })
}

function asType({ type, options }: Variable, value: unknown): Scalar | undefined {
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value) ? value : undefined
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined
  if (typeof value !== 'string') return undefined
  if (type === 'select') return options?.includes(value) ? value : undefined
  if (type === 'date') return DayText.safeParse(value).success ? value : undefined
  return value.length <= 8_192 ? value : undefined
}

/** Values as the text that stands in the place of their placeholders. */
export function asTexts(values: Values): Map<string, string> {
  return new Map(Object.entries(values).map(([name, value]) => [name, String(value)]))
}
