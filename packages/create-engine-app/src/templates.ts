import { fileURLToPath } from 'node:url'

/** What can be begun, each a folder of `templates/`. The first is taken when nobody says which. */
export const templates = {
  server: 'API, board and agents in one process',
  embedded: 'Engine inside an express app, with a route and a transaction of its own',
  'adapter-plugin': 'a new way to execute agents, to be published as a package',
  'destination-plugin': 'a new place for events and results, to be published as a package',
} as const

export type TemplateName = keyof typeof templates

export function isTemplate(name: string): name is TemplateName {
  return Object.hasOwn(templates, name)
}

export function templateFolder(name: TemplateName): string {
  return fileURLToPath(new URL(`../templates/${name}/`, import.meta.url))
}
