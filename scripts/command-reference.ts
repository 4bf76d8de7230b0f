import type { Operation, Registry } from '@engine/core'

import { fieldsOf, kebab, type Field } from '../packages/cli/src/operations/field.ts'

/** Each operation as it is called by the `engine` command, module by module. */
export function commandList({ operations }: Registry): string {
  const modules = Object.groupBy(
    operations.filter(({ definition }) => definition.http),
    ({ module }) => module,
  )
  const sections = Object.entries(modules).map(([module, some = []]) => `## ${module}\n\n${some.map(lineOf).join('\n')}`)
  return sections.join('\n\n')
}

function lineOf(operation: Operation): string {
  const { title } = operation.definition
  const flags = flagsOf(operation)
  return `- ${code(commandOf(operation))}: ${title}${flags === '' ? '' : `. ${flags}`}`
}

function commandOf(operation: Operation): string {
  const places = fieldsOf(operation).filter(({ isArgument }) => isArgument)
  // The one command that the database of a machine has under the same name.
  const suffix = operation.name === 'audit.verify' ? '-on-server' : ''
  return ['engine', kebab(operation.module), kebab(operation.verb) + suffix, ...places.map(({ flag }) => `<${flag.slice(2)}>`)].join(' ')
}

function flagsOf(operation: Operation): string {
  const flags = fieldsOf(operation).filter(({ isArgument, name }) => !isArgument && !['companyId', 'limit', 'cursor'].includes(name))
  const needed = flags.filter(({ isRequired }) => isRequired)
  const others = flags.filter(({ isRequired }) => !isRequired)
  return [...needed.map((field) => `**${written(field)}**`), ...others.map(written)].join(' ')
}

function written({ flag }: Field): string {
  return code(flag)
}

function code(text: string): string {
  return `\`${text}\``
}
