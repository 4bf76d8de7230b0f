import { ruleViolated } from '../kernel/errors.ts'
import type { TaskTemplate } from './schema.ts'

const placeholder = /\{\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}\}/g

/** The parts of a template in which variables can stand. */
function textsOf(template: TaskTemplate): [where: string, text: string][] {
  const { title, description, tags = [], acceptanceCriteria = [] } = template
  return [
    ['task.title', title],
    ['task.description', description ?? ''],
    ...tags.map((text, index): [string, string] => [`task.tags.${index}`, text]),
    ...acceptanceCriteria.map((text, index): [string, string] => [`task.acceptanceCriteria.${index}`, text]),
  ]
}

/** @throws `rule_violated` naming a placeholder that names no variable, or is none */
export function assertPlaceholders(template: TaskTemplate, variables: readonly { name: string }[]): void {
  const known = new Set(variables.map(({ name }) => name))
  for (const [where, text] of textsOf(template)) {
    for (const [, name = ''] of text.matchAll(placeholder)) {
      if (!known.has(name))
        throw ruleViolated(`${where}: {{${name}}} names a variable that this routine does not declare.`, { variable: name })
    }
    if (text.replaceAll(placeholder, '').includes('{{'))
      throw ruleViolated(`${where}: between {{ and }} stands the name of a variable, and nothing else.`, { path: where })
  }
}

/** Puts values into a template as the text that they are; what they say is not read as a template again. Pure. */
export function render(template: TaskTemplate, values: ReadonlyMap<string, string>): TaskTemplate {
  const fill = (text: string) => text.replaceAll(placeholder, (_, name: string) => values.get(name) ?? '')
  const { title, description, tags, acceptanceCriteria } = template
  return {
    ...template,
    title: fill(title),
    ...(typeof description === 'string' && { description: fill(description) }),
    ...(tags && { tags: tags.map(fill) }),
    ...(acceptanceCriteria && { acceptanceCriteria: acceptanceCriteria.map(fill) }),
  }
}
