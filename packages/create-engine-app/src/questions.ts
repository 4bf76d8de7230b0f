import { cancel, select, text } from '@clack/prompts'

import { Failure } from './failure.ts'
import { isTemplate, templates, type TemplateName } from './templates.ts'

/** Asks for what the command line left out. @throws Failure when whoever is asked leaves */
export async function ask(defaults: { folder: string; template: TemplateName }, said: Partial<typeof defaults>): Promise<typeof defaults> {
  const folder =
    said.folder ?? answered(await text({ message: 'Which folder?', placeholder: defaults.folder, defaultValue: defaults.folder }))
  const options = Object.entries(templates).map(([value, hint]) => ({ value, hint }))
  const template = said.template ?? answered(await select({ message: 'What is it to be?', options }))
  return { folder, template: isTemplate(template) ? template : defaults.template }
}

function answered(answer: string | symbol): string {
  if (typeof answer === 'string') return answer
  cancel('Nothing was made.')
  throw new Failure('')
}
