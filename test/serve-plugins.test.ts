import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram, type Program } from './support/processes.ts'

const bin = new URL('../packages/cli/src/bin.ts', import.meta.url)

const greeter = `import { definePlugin, pluginKit, z } from '@engine/core/plugin'

const { query } = pluginKit()
const greet = query({
  title: 'Greet',
  input: z.strictObject({ name: z.string() }),
  output: z.object({ text: z.string() }),
  access: 'tasks:read',
  http: ['GET', '/'],
  handle: async (_, { name }) => ({ text: 'Hello ' + name }),
})
export default definePlugin({ id: 'greeter', version: '1.0.0', engine: '^1', queries: { greet } })
`

/** A folder in which these packages are installed. */
function folderWith(packages: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  for (const [name, source] of Object.entries(packages)) {
    const home = join(folder, 'node_modules', name)
    mkdirSync(dirname(home), { recursive: true })
    symlinkSync(fileURLToPath(new URL(`../${source}`, import.meta.url)), home, 'junction')
  }
  return folder
}

function serve(cwd: string, plugins: string[]): Program {
  return startProgram(bin, { args: ['serve', '--port', '0', '--no-demo', '--plugin', ...plugins], cwd })
}

async function opened(server: Program): Promise<string> {
  const [, url = ''] = await server.printed(/ready on (http:\S+)/)
  return `${url}/api`
}

async function ask<Body>(url: string, body?: object): Promise<Body> {
  const given = body && { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  // What a route answers with is what its test says.
  return (await (await fetch(url, given)).json()) as Body
}

describe('engine serve --plugin', () => {
  it('has the operations of a plugin that is a file of the folder it is started in', { timeout: 60_000 }, async () => {
    const folder = folderWith({ '@engine/core': 'packages/core' })
    writeFileSync(join(folder, 'greeter.mjs'), greeter)
    const api = await opened(serve(folder, ['./greeter.mjs']))
    const { id } = await ask<{ id: string }>(`${api}/companies`, { name: 'Acme' })
    expect(await ask(`${api}/companies/${id}/greeter?name=Ada`)).toEqual({ text: 'Hello Ada' })
    expect(await ask<{ paths: object }>(`${api}/openapi.json`)).toHaveProperty(['paths', '/api/companies/{companyId}/greeter'])
  })

  it('loads a package as import does, which has no other way in', { timeout: 60_000 }, async () => {
    const folder = folderWith({ '@engine/core': 'packages/core' })
    const home = join(folder, 'node_modules', 'greeter')
    mkdirSync(home)
    writeFileSync(
      join(home, 'package.json'),
      JSON.stringify({ name: 'greeter', type: 'module', exports: { '.': { import: './index.js' } } }),
    )
    writeFileSync(join(home, 'index.js'), greeter)
    const api = await opened(serve(folder, ['greeter']))
    expect(await ask<{ paths: object }>(`${api}/openapi.json`)).toHaveProperty(['paths', '/api/companies/{companyId}/greeter'])
  })

  it('has agents work by the adapter of a plugin that is a package of that folder', { timeout: 60_000 }, async () => {
    const api = await opened(serve(folderWith({ '@engine/plugin-echo': 'plugins/echo' }), ['@engine/plugin-echo']))
    const { id } = await ask<{ id: string }>(`${api}/companies`, { name: 'Acme' })
    const hire = { name: 'Ada', role: 'writer', adapterType: 'echo', adapterConfig: { prefix: 'Done: ' } }
    const ada = await ask<{ id: string }>(`${api}/companies/${id}/agents`, hire)
    const task = { title: 'Say it', description: 'hello', assigneeAgentId: ada.id }
    await ask(`${api}/companies/${id}/tasks`, task)
    const pending = await until(
      () => ask<{ items: { id: string }[] }>(`${api}/companies/${id}/deliverables?status=pending`),
      ({ items }) => items.length === 1,
    )
    expect(await ask(`${api}/deliverables/${pending.items[0]?.id}`)).toMatchObject({ title: 'Say it', content: 'Done: hello' })
  })

  it('does not start without a plugin that it can not load, and says which', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'none.mjs'), 'export default 1')
    for (const name of ['./none.mjs', './missing.mjs', '@engine/plugin-missing']) {
      const server = serve(folder, [name])
      expect(await server.exited).toEqual({ code: 1, signal: null })
      expect(server.output()).toContain(`The plugin ${name} (--plugin) can not be loaded`)
    }
  })
})
