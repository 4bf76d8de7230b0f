// The way of somebody who has nothing but node and npm: every package is packed as it would be published, an app of each template is begun
// in an empty folder, installs those packages, is checked, tested and started; and the adapter of docs/getting-started.md is written.
// pnpm stranger [--template <name>]… [--package-manager npm|pnpm|yarn|berry|berry-folders] [--keep <folder>]
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { boots } from './stranger/boots.mjs'
import { managers } from './stranger/managers.mjs'
import { packAll } from './stranger/pack.mjs'
import { createWatch } from './stranger/watch.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const mostLines = 40
const templates = readdirSync(join(root, 'packages/create-engine-app/templates'))

const { values } = parseArgs({
  options: {
    template: { type: 'string', multiple: true, default: templates },
    'package-manager': { type: 'string', default: 'npm' },
    keep: { type: 'string' },
  },
})
const manager = managers[values['package-manager']]
if (!manager) throw new Error(`There is no ${values['package-manager']}. There are ${Object.keys(managers).join(', ')}.`)
const unknown = values.template.filter((name) => !templates.includes(name))
if (unknown.length > 0) throw new Error(`There is no template ${unknown.join(', ')}. There are ${templates.join(', ')}.`)

const temporary = mkdtempSync(join(tmpdir(), 'engine-stranger-'))
const home = values.keep === undefined ? temporary : resolve(values.keep)
mkdirSync(home, { recursive: true })
const watch = createWatch()
try {
  const tarballs = await watch.time('all', 'pack', () => packAll(root, join(home, 'tarballs'), watch.run))
  for (const template of values.template) await walk(template, tarballs)
} finally {
  rmSync(temporary, { recursive: true, force: true })
}
watch.print()

async function walk(template, tarballs) {
  const folder = join(home, template)
  const run = (...args) =>
    watch.time(template, [manager.name, ...args].join(' '), () => watch.run(manager.file, [...manager.before, ...args], folder))
  await watch.time(template, 'npx create-engine-app', () => begin(template, tarballs))
  useTarballs(folder, tarballs)
  await run('install')
  await run('run', 'types')
  await run('test')
  if (template.endsWith('-plugin')) await run('run', 'build')
  await watch.time(template, `${manager.name} run dev, a task`, () => boots[template](folder, manager))
  if (template === 'adapter-plugin') await writeOwnAdapter(folder, run)
}

function begin(template, tarballs) {
  const args = [
    '--yes',
    '-p',
    `file:${tarballs['create-engine-app']}`,
    'create-engine-app',
    template,
    '--template',
    template,
    '--yes',
    '--no-install',
    '--package-manager',
    manager.name,
  ]
  return watch.run('npx', args, home)
}

/** What a registry would answer with: these packages, also where one of them wants another. */
function useTarballs(folder, tarballs) {
  const file = join(folder, 'package.json')
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  const ours = Object.fromEntries(Object.entries(tarballs).map(([name, path]) => [name, `file:${path}`]))
  const peers = manager.peersAreRanges ? undefined : manifest.peerDependencies
  for (const dependencies of [manifest.dependencies, manifest.devDependencies, peers])
    for (const name of Object.keys(dependencies ?? {})) if (ours[name]) dependencies[name] = ours[name]
  writeFileSync(file, JSON.stringify(manager.overridden(manifest, ours), null, 2))
  for (const [name, text] of Object.entries(manager.files ?? {})) writeFileSync(join(folder, name), text)
}

/** The two files of the tutorial, as it shows them. */
async function writeOwnAdapter(folder, run) {
  const page = readFileSync(join(root, 'docs/getting-started.md'), 'utf8')
  const files = [...page.matchAll(/```ts\n\/\/ (src\/\S+)\n([^]*?)```/g)].map(([, path, text]) => ({ path, text }))
  for (const { path, text } of files) writeFileSync(join(folder, path), text)
  await run('run', 'types')
  await run('test')
  const counts = files.map(({ path, text }) => [path, text.split('\n').filter((line) => line.trim() !== '').length])
  const total = counts.reduce((sum, [, count]) => sum + count, 0)
  watch.say(
    `own adapter: ${counts.map(([path, count]) => `${path} ${count}`).join(' + ')} = ${total} lines of code, of ${mostLines} at most`,
  )
  if (files.length !== 2 || total >= mostLines) throw new Error(`An adapter of one's own takes ${total} lines in ${files.length} files.`)
}
