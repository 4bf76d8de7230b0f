// What a package publishes holds: its files are there, its manifest is sound, its types resolve, and a strict consumer compiles against them.
import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const attw = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js')
const tsc = require.resolve('typescript/bin/tsc')

/** A plugin as its author writes it, whose own types are written down when it is built. */
const plugin = `import { definePlugin, pluginKit, z } from '@engine/core/plugin'
const { command, query } = pluginKit<object>()
const given = { title: 'Go', input: z.strictObject({}), output: z.object({}), access: 'tasks:read' } as const
export const whole = () => definePlugin({
  id: 'whole',
  version: '1.0.0',
  engine: '^1',
  configSchema: z.strictObject({}),
  commands: { go: command({ ...given, prepare: async ({ engine }) => engine, handle: async ({ unchanged }) => (unchanged(), {}) }) },
  queries: { look: query({ ...given, handle: async () => ({}) }) },
  policies: { 'tasks.create': async ({ veto }, { title }) => (title === '' ? veto('no') : undefined) },
  subscribe: { all: { events: ['*'], handle: async (context, event) => void [context, event] } },
  jobs: { look: { schedule: { every: '1h' }, run: async (context) => context.forEachCompany(async ({ log }) => log.info('looks')) } },
  webhooks: { orders: { handle: async (context, request) => context.companyId !== request.body } },
  start: async (context) => void context,
  stop: async () => undefined,
})
`

const packages = readPackages()
const unbuilt = packages.flatMap(missingFiles)
const problems = unbuilt.length > 0 ? [...unbuilt, 'run pnpm build first'] : await checkBuilt()
for (const problem of problems) console.error(problem)
if (problems.length === 0) console.log(`${packages.length} packages hold`)
process.exitCode = problems.length === 0 ? 0 : 1

async function checkBuilt() {
  const found = await Promise.all([...packages.flatMap((each) => [manifestProblems(each), typeProblems(each)]), consumerProblems()])
  return [...found.flat(), ...frameProblems()]
}

/** What pages of plugins load is one file that is given out as it is: it can import nothing. */
function frameProblems() {
  const { folder, manifest } = packages.find(({ manifest: { name } }) => name === '@engine/core')
  const file = manifest.exports['./frame'].default
  return /^\s*(?:import|export .* from)\b/m.test(readFileSync(join(folder, file), 'utf8'))
    ? [`@engine/core: ${file} imports something`]
    : []
}

function readPackages() {
  const folders = ['packages', 'plugins'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(root, group, name)))
  const withManifest = folders.filter((folder) => existsSync(join(folder, 'package.json')))
  const all = withManifest.map((folder) => ({ folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) }))
  return all.filter(({ manifest }) => manifest.private !== true)
}

function missingFiles({ folder, manifest }) {
  const exported = Object.values(manifest.exports ?? {}).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default],
  )
  const wanted = [...exported, ...Object.values(manifest.bin ?? {})].filter((file) => file !== undefined && !file.includes('*'))
  return wanted.filter((file) => !existsSync(join(folder, file))).map((file) => `${manifest.name}: ${file} is missing`)
}

async function manifestProblems({ folder, manifest }) {
  const { messages } = await publint({ pkgDir: folder, level: 'warning', strict: true })
  return messages.map((message) => `${manifest.name}: ${formatMessage(message, manifest)}`)
}

/** A package without typed entries, such as a command, has no types to get wrong. */
async function typeProblems({ folder, manifest }) {
  if (typedEntries(manifest).length === 0) return []
  // A style sheet has no types.
  const styles = Object.keys(manifest.exports ?? {}).filter((entry) => entry.endsWith('.css'))
  const excluded = styles.length > 0 ? ['--exclude-entrypoints', ...styles.map((entry) => entry.slice(2))] : []
  const { isPassed, output } = await runNode(
    [attw, '--pack', folder, '--profile', 'esm-only', '--no-emoji', '--no-color', ...excluded],
    root,
  )
  return isPassed ? [] : [`${manifest.name}: attw\n${output}`]
}

/** Each package as a registry would serve it, with its declared dependencies and nothing else in reach. */
async function consumerProblems() {
  const consumer = mkdtempSync(join(tmpdir(), 'engine-consumer-'))
  try {
    for (const each of packages) installInto(consumer, each)
    link(join(root, 'node_modules/@types/node'), join(consumer, 'node_modules/@types/node'))
    const entries = packages.flatMap(({ manifest }) => typedEntries(manifest))
    writeFileSync(join(consumer, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(consumer, 'consumer.ts'), entries.map((entry, index) => `export * as entry${index} from '${entry}'\n`).join(''))
    writeFileSync(join(consumer, 'plugin.ts'), plugin)
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false']
    const target = [
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--lib',
      'es2024,esnext.disposable',
      '--types',
      'node',
      '--noEmit',
      '--declaration',
    ]
    const { isPassed, output } = await runNode([tsc, ...strict, ...target, 'consumer.ts', 'plugin.ts'], consumer)
    return isPassed ? [] : [`a consumer does not compile\n${output}`]
  } finally {
    rmSync(consumer, { recursive: true })
  }
}

function installInto(consumer, { folder, manifest }) {
  const home = join(consumer, 'node_modules', manifest.name)
  mkdirSync(home, { recursive: true })
  for (const file of ['package.json', 'dist']) cpSync(join(folder, file), join(home, file), { recursive: true })
  const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter(
    (name) => !name.startsWith('@engine/'),
  )
  for (const name of dependencies) link(join(folder, 'node_modules', name), join(home, 'node_modules', name))
}

/** An optional peer that is not installed stays away here too. */
function link(target, path) {
  if (!existsSync(target)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(realpathSync(target), path, 'junction')
}

function typedEntries({ name, exports = {} }) {
  const typed = Object.entries(exports).filter(([entry, target]) => target.types !== undefined && !entry.includes('*'))
  return typed.map(([entry]) => name + entry.slice(1))
}

function runNode(args, cwd) {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd }, (error, stdout, stderr) => resolve({ isPassed: error === null, output: stdout + stderr }))
  })
}
