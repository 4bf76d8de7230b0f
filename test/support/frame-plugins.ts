import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { definePlugin, pluginKit, z } from '@engine/core/plugin'

import { temporaryFolder } from './files.ts'

/** What a page said of itself. */
export interface Report {
  readonly plugin: string
  readonly companyId: string
  /** Who the operation was carried out as. */
  readonly as: string
  readonly what: string
  readonly said: unknown
}

interface PagePlugin {
  readonly id: string
  readonly slot: 'task' | 'agent' | 'dashboard' | 'settings' | 'page'
  /** The script of its page, of the folder `pages`. */
  readonly script: string
  /** The address of a server that nobody may ask. */
  readonly elsewhere?: string
}

/** Makes plugins with one page each, and an operation by which the page says what became of what it tried. */
export function pagePlugins() {
  const reports: Report[] = []
  const plugin = ({ id, slot, script, elsewhere }: PagePlugin) => {
    const { command } = pluginKit()
    const report = command({
      title: 'Say what came of it',
      input: z.strictObject({ what: z.string(), said: z.json() }),
      output: z.object({}),
      access: 'companies:read',
      http: ['POST', '/reports'],
      async handle({ companyId, actor, unchanged }, { what, said }) {
        reports.push({ plugin: id, companyId, as: actor.id, what, said })
        unchanged()
        return {}
      },
    })
    const root = pageFolder({ 'page.html': page(script), ...scripts([script, 'plain.js'], elsewhere) })
    const ui = [{ slot, title: id, entry: './ui/page.html' }] as const
    return definePlugin({ id, version: '1.0.0', engine: '^1', title: id, root, ui, commands: { report } })
  }
  return { reports, plugin }
}

/** A package with these files in its folder `ui`. */
export function pageFolder(files: Readonly<Record<string, string>>): URL {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'ui'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'ui', name), text)
  return pathToFileURL(`${folder}/`)
}

function page(script: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title></head>
<body><p id="context"></p><script type="module" src="./${script}"></script></body></html>`
}

function scripts(names: readonly string[], elsewhere = 'http://127.0.0.1:1'): Record<string, string> {
  const read = (name: string) => readFileSync(new URL(`pages/${name}`, import.meta.url), 'utf8').replaceAll('http://127.0.0.1:1', elsewhere)
  return Object.fromEntries(names.map((name) => [name, read(name)]))
}
