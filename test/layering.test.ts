import { globSync, readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

interface Layer {
  /** What it may import of ours, entry by entry. */
  readonly engine: readonly string[] | 'any'
  /** The only packages of others that it may import; without this any, save the ones in `never`. */
  readonly only?: readonly string[]
  readonly never: readonly string[]
}

const servers = ['node:http', 'node:https', 'node:http2', 'express']
const databases = ['kysely', 'better-sqlite3', 'pg', '@electric-sql/pglite']
const coreEntries = ['@engine/core', '@engine/core/plugin', '@engine/core/contract']

/** Who may import whom. */
const layers: Readonly<Record<string, Layer>> = {
  'packages/core': {
    engine: [],
    only: ['kysely', 'zod', 'eventemitter3', 'croner', 'diff', 'yaml'],
    never: servers,
  },
  'packages/storage-sqlite': { engine: ['@engine/core/plugin'], only: ['kysely', 'better-sqlite3'], never: servers },
  'packages/storage-postgres': { engine: ['@engine/core/plugin'], only: ['kysely', 'pg', '@electric-sql/pglite'], never: servers },
  'packages/blobs': { engine: ['@engine/core/plugin'], only: ['@aws-sdk/client-s3'], never: [...databases, ...servers] },
  'packages/outbound': { engine: [], only: [], never: [...databases, 'express'] },
  'packages/adapters': { engine: ['@engine/core/plugin', '@engine/outbound'], never: [...databases, 'express'] },
  'packages/deliveries': { engine: ['@engine/core/plugin', '@engine/outbound'], never: [...databases, 'express'] },
  'packages/http': { engine: coreEntries, never: databases },
  'packages/mcp': { engine: coreEntries, never: databases },
  'packages/client': { engine: ['@engine/core/contract'], never: [...databases, ...servers] },
  'packages/cli': { engine: 'any', never: [] },
  'packages/ui-kit': { engine: ['@engine/client', '@engine/core/contract'], never: [...databases, 'express', 'node:*'] },
  'packages/testing': { engine: coreEntries, never: ['better-sqlite3', 'pg', '@electric-sql/pglite', 'express'] },
  'packages/create-engine-app': { engine: [], never: [...databases, ...servers] },
  'plugins/*': { engine: ['@engine/core/plugin'], never: [] },
}

/** Packages where each folder of src/ stands alone, but for what it may import of the folders that several share. */
const foldersStandAlone = ['packages/adapters', 'packages/blobs', 'packages/deliveries']
/** Folders that are no adapter and no destination, each with the shared folders that it may itself import. */
const sharedFolders: Readonly<Record<string, readonly string[]>> = {
  'packages/adapters/src/remote': [],
  'packages/adapters/src/tools': [],
  'packages/adapters/src/tool-server': ['tools'],
  'packages/adapters/src/models': ['tools'],
  'packages/adapters/src/program': [],
  'packages/adapters/src/workspace': ['program'],
  'packages/adapters/src/cli': ['models', 'program', 'tools', 'tool-server', 'workspace'],
  'packages/deliveries/src/remote': [],
}
const testLibraries = ['vitest', 'fast-check', 'uuid']
const mayOpenTransactions = [
  ...['kernel/batcher.ts', 'kernel/transaction.ts', 'database/migrate.ts', 'database/plugin-migrations.ts', 'database/instance.ts'].map(
    (file) => `packages/core/src/${file}`,
  ),
  // The conformance kit tests the transactions of a driver.
  'packages/testing/src/conformance/driver.ts',
]
const mayUseRawSql = 'packages/core/src/database/'
/** A type test expects errors; other code has none to expect. */
const silencerForTests = '@ts-expect-error'
const silencers = [
  silencerForTests,
  'oxlint-disable',
  'eslint-disable',
  '@ts-ignore',
  '@ts-nocheck',
  'jscpd:ignore',
  'prettier-ignore',
  'v8 ignore',
  'c8 ignore',
  'istanbul ignore',
]

interface SourceFile {
  readonly path: string
  readonly text: string
}

/** Each rule reads all files and answers with its violations, each beginning with the path of the offender. */
type Rule = (files: readonly SourceFile[]) => string[]

const rules = {
  'a package imports only what its layer may': (files) =>
    layered(files).flatMap((file) =>
      importsOf(file)
        .filter((specifier) => !mayImport(file.path, specifier))
        .map(saying(file, 'imports')),
    ),

  'an adapter or a delivery imports no other': (files) =>
    sources(files)
      .filter((file) => foldersStandAlone.includes(packageOf(file.path)))
      .flatMap((file) =>
        relativeImports(file)
          .filter((target) => isOtherFolder(file.path, target))
          .map(saying(file, 'imports')),
      ),

  'ports know no aggregate': (files) =>
    sources(files)
      .filter((file) => file.path.startsWith('packages/core/src/ports/'))
      .flatMap((file) =>
        relativeImports(file)
          .filter((target) => !/^packages\/core\/src\/(ports|kernel)\//.test(target))
          .map(saying(file, 'imports')),
      ),

  'a machine imports nothing but kernel/machine': (files) =>
    sources(files)
      .filter((file) => file.path.startsWith('packages/core/src/') && posix.basename(file.path) === 'machine.ts')
      .flatMap((file) =>
        importsOf(file)
          .filter((specifier) => specifier !== '../kernel/machine.ts')
          .map(saying(file, 'imports')),
      ),

  'machine, schema and table files form no cycle': (files) => {
    const facts = sources(files).filter((file) => /^packages\/core\/src\/[^/]+\/(machine|schema|table)\.ts$/.test(file.path))
    return cyclesIn(new Map(facts.map((file) => [file.path, relativeImports(file)])))
  },

  'only the kernel opens a transaction': (files) =>
    sources(files)
      .filter((file) => !mayOpenTransactions.includes(file.path))
      .flatMap((file) =>
        callsOf(file)
          .filter((called) => /\.(transaction|startTransaction)$/.test(called))
          .map(saying(file, 'calls')),
      ),

  'raw SQL stays in database/': (files) =>
    sources(files)
      .filter((file) => !file.path.startsWith(mayUseRawSql))
      .flatMap((file) =>
        callsOf(file)
          .filter((called) => called === 'sql.raw')
          .map(saying(file, 'calls')),
      ),

  'no process is started through a shell': (files) =>
    sources(files)
      .filter(setsShell)
      .map((file) => `${file.path} sets shell`),

  'nothing is written that Node.js 22 cannot read': (files) =>
    files
      .filter((file) => !isTest(file.path))
      .filter(declaresUsing)
      .map((file) => `${file.path} says using`),

  'nothing silences a check': (files) =>
    files.flatMap((file) =>
      silencers
        .filter((silencer) => file.text.includes(silencer) && !(silencer === silencerForTests && isTest(file.path)))
        .map(saying(file, 'contains')),
    ),
} satisfies Record<string, Rule>

const repository = resolve(import.meta.dirname, '..')
const allFiles = readAll('{packages,plugins}/*/{src,test}/**/*.{ts,tsx,mts,js,mjs}')
/** What Node.js runs as it is written, beside the packages. */
const programs = readAll('{bench,examples,scripts,test/support,test/torture}/**/*.{ts,mjs}')

describe('layering', () => {
  test.each(Object.entries<Rule>(rules))('%s', (_name, rule) => {
    expect(rule(allFiles)).toEqual([])
  })

  test('nothing is written in a program that Node.js 22 cannot read', () => {
    expect(programs.length).toBeGreaterThan(100)
    expect(rules['nothing is written that Node.js 22 cannot read'](programs)).toEqual([])
  })

  test('the lint configuration restricts the imports of every layer too', () => {
    const { overrides } = JSON.parse(readFileSync(resolve(repository, '.oxlintrc.json'), 'utf8')) as LintConfiguration
    const restricted = overrides
      .filter((override) => 'eslint/no-restricted-imports' in override.rules)
      .flatMap((override) => override.files)
    const missing = Object.entries(layers)
      .filter(([folder, layer]) => layer.engine !== 'any' && !restricted.some((glob) => posix.matchesGlob(`${folder}/src/any.ts`, glob)))
      .map(([folder]) => folder)
    expect(missing).toEqual([])
  })
})

/** Files that must be caught: a rule that stops biting fails here. */
const offences: readonly [rule: keyof typeof rules, path: string, text: string][] = [
  ['a package imports only what its layer may', 'packages/core/src/tasks/sql.ts', `import { serve } from '@engine/http'`],
  ['a package imports only what its layer may', 'packages/core/src/tasks/sql.ts', `export const load = () => import('node:http')`],
  ['a package imports only what its layer may', 'packages/core/src/tasks/sql.ts', `import lodash from 'lodash'`],
  ['a package imports only what its layer may', 'packages/core/src/tasks/sql.test.ts', `import { sqlite } from '@engine/storage-sqlite'`],
  ['a package imports only what its layer may', 'packages/core/src/tasks/sql.ts', `export * from '../../../http/src/index.ts'`],
  ['a package imports only what its layer may', 'packages/storage-sqlite/src/driver.ts', `import type { Engine } from '@engine/core'`],
  ['a package imports only what its layer may', 'packages/adapters/src/process/index.ts', `import { sql } from 'kysely'`],
  ['a package imports only what its layer may', 'packages/http/src/router.ts', `import type { Kysely } from 'kysely/helpers'`],
  ['a package imports only what its layer may', 'packages/client/src/index.ts', `import { createEngine } from '@engine/core'`],
  ['a package imports only what its layer may', 'packages/ui-kit/src/board.tsx', `import { readFileSync } from 'node:fs'`],
  ['a package imports only what its layer may', 'packages/unknown/src/index.ts', `import { z } from 'zod'`],
  ['a package imports only what its layer may', 'plugins/notes/src/index.ts', `import { createEngine } from '@engine/core'`],
  ['an adapter or a delivery imports no other', 'packages/adapters/src/http/index.ts', `import { shim } from '../process/shim.ts'`],
  ['an adapter or a delivery imports no other', 'packages/adapters/src/program/run.ts', `import { run } from '../process/index.ts'`],
  ['an adapter or a delivery imports no other', 'packages/adapters/src/program/run.ts', `import { run } from '../cli/run.ts'`],
  ['an adapter or a delivery imports no other', 'packages/deliveries/src/email/index.ts', `import { send } from '../slack/index.ts'`],
  ['an adapter or a delivery imports no other', 'packages/deliveries/src/remote/send.ts', `import { sign } from '../webhook/signature.ts'`],
  ['ports know no aggregate', 'packages/core/src/ports/storage.ts', `import type { TaskTable } from '../tasks/table.ts'`],
  ['a machine imports nothing but kernel/machine', 'packages/core/src/tasks/machine.ts', `import { z } from 'zod'`],
  ['a machine imports nothing but kernel/machine', 'packages/core/src/kernel/machine.ts', `import type { Id } from './id.ts'`],
  ['machine, schema and table files form no cycle', 'packages/core/src/tasks/table.ts', `import type { TaskId } from './table.ts'`],
  ['only the kernel opens a transaction', 'packages/core/src/tasks/commands.ts', `await db.transaction().execute(work)`],
  ['only the kernel opens a transaction', 'packages/http/src/router.ts', `const open = db\n  .startTransaction()`],
  ['raw SQL stays in database/', 'packages/core/src/tasks/sql.ts', 'const rows = sql.raw(`select ${name}`)'],
  ['no process is started through a shell', 'packages/adapters/src/process/index.ts', `spawn(command, [], { shell: true })`],
  ['nothing is written that Node.js 22 cannot read', 'packages/cli/src/verify.ts', `await using database = await open()`],
  ['nothing is written that Node.js 22 cannot read', 'packages/cli/src/verify.ts', `using file = open()`],
  ['nothing silences a check', 'packages/core/src/tasks/sql.test.ts', `// ${'oxlint'}-disable-next-line\nrun()`],
]

describe('the layering rules bite', () => {
  test.each(offences)('%s: %s', (name, path, text) => {
    const violations = rules[name]([{ path, text }])
    expect(violations.length).toBeGreaterThan(0)
    expect(violations[0]).toContain(path)
  })

  test('a cycle across aggregates is found from any of its files', () => {
    const chain = ['tasks/table', 'runs/schema', 'agents/table']
    const files = chain.map((name, index) => ({
      path: `packages/core/src/${name}.ts`,
      text: `import type { Row } from '../${chain[(index + 1) % chain.length]}.ts'`,
    }))
    expect(rules['machine, schema and table files form no cycle'](files)).toHaveLength(1)
  })

  test('every rule has an offence', () => {
    expect([...new Set(offences.map(([name]) => name))].sort()).toEqual(Object.keys(rules).sort())
  })

  test('the files of this repository are read', () => {
    expect(allFiles.map((file) => file.path)).toContain('packages/core/src/kernel/machine.ts')
  })
})

interface LintConfiguration {
  overrides: { files: string[]; rules: Record<string, unknown> }[]
}

function readAll(pattern: string): SourceFile[] {
  const paths = globSync(pattern, { cwd: repository, exclude: (name) => name === 'node_modules' }).map((path) => path.replaceAll('\\', '/'))
  return paths.sort().map((path) => ({ path, text: readFileSync(resolve(repository, path), 'utf8') }))
}

function sources(files: readonly SourceFile[]): SourceFile[] {
  return files.filter((file) => file.path.includes('/src/') && !isTest(file.path))
}

/** Tests stand outside the layers, except that core's need no other package either. */
function layered(files: readonly SourceFile[]): SourceFile[] {
  return files.filter((file) => file.path.includes('/src/') && (!isTest(file.path) || packageOf(file.path) === 'packages/core'))
}

function isTest(path: string): boolean {
  return /\.test\.tsx?$/.test(path)
}

function mayImport(path: string, specifier: string): boolean {
  const folder = packageOf(path)
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier).startsWith(`${folder}/`)
  const layer = layers[folder] ?? (folder.startsWith('plugins/') ? layers['plugins/*'] : undefined)
  if (layer === undefined) return false
  if (specifier.startsWith('@engine/')) return layer.engine === 'any' || layer.engine.includes(specifier)
  if (layer.never.some((name) => isOrIsInside(specifier, name))) return false
  if (layer.only === undefined || specifier.startsWith('node:')) return true
  return [...layer.only, ...(isTest(path) ? testLibraries : [])].some((name) => isOrIsInside(specifier, name))
}

/** `node:*` stands for every built-in module. */
function isOrIsInside(specifier: string, name: string): boolean {
  return name.endsWith('*') ? specifier.startsWith(name.slice(0, -1)) : specifier === name || specifier.startsWith(`${name}/`)
}

/** A folder that imports another one, which is neither shared nor, from a shared folder, one of those below it. */
function isOtherFolder(path: string, target: string): boolean {
  const [folder, other] = [path, target].map((each) => each.split('/').slice(3, -1)[0])
  if (folder === undefined || other === undefined || folder === other) return false
  const [from, to] = [path, target].map((each) => each.split('/').slice(0, 4).join('/'))
  const below = sharedFolders[from ?? '']
  return below ? !below.includes(other) : sharedFolders[to ?? ''] === undefined
}

function packageOf(path: string): string {
  return path.split('/').slice(0, 2).join('/')
}

function importsOf(file: SourceFile): string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map((imported) => imported.fileName)
}

function relativeImports(file: SourceFile): string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.join(posix.dirname(file.path), specifier))
}

function saying(file: SourceFile, verb: string): (what: string) => string {
  return (what) => `${file.path} ${verb} ${what}`
}

/** Every called property and function as it is written, without its line breaks: `sql.raw`, `db.transaction`. */
function callsOf(file: SourceFile): string[] {
  return nodesOf(file)
    .filter((node) => ts.isCallExpression(node))
    .map((node) => node.expression.getText().replaceAll(/\s/g, ''))
}

function setsShell(file: SourceFile): boolean {
  return nodesOf(file).some(
    (node) => ts.isPropertyAssignment(node) && node.name.getText() === 'shell' && node.initializer.getText() !== 'false',
  )
}

/** `using` and `await using`; tests are translated before they run. */
function declaresUsing(file: SourceFile): boolean {
  return nodesOf(file).some((node) => ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.Using) !== 0)
}

function nodesOf(file: SourceFile): ts.Node[] {
  const nodes: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    nodes.push(node)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true))
  return nodes
}

/** Depth first: a file that is reached again while its own imports are being followed closes a cycle. */
function cyclesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const cycles: string[] = []
  const finished = new Set<string>()
  const follow = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(' imports '))
    if (trail.includes(path) || finished.has(path)) return
    for (const target of graph.get(path) ?? []) follow(target, [...trail, path])
    finished.add(path)
  }
  for (const path of graph.keys()) follow(path, [])
  return cycles
}
