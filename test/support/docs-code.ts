import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import ts from 'typescript'

const root = resolve(import.meta.dirname, '../..')

/**
 * What a block may name without saying where it has it from: what the pages are about, and what is the reader's own. What a block names
 * that stands in an earlier block of its page, is what it is there. Anything else a block imports or declares, or it is added here.
 */
const declared: Readonly<Record<string, string>> = {
  engine: "import('@engine/core').Engine",
  run: "import('@engine/core').Api",
  client: "import('@engine/client').Client",
  storage: "import('@engine/core').Storage",
  secrets: "import('@engine/core').SecretStore",
  adapters: "import('@engine/core').AgentAdapter[]",
  adapterConfig: "import('@engine/core').JsonObject",
  actor: "import('@engine/core').Actor",
  mia: "import('@engine/core').UserActor",
  signal: 'AbortSignal',
  bytes: 'Uint8Array<ArrayBuffer>',
  path: 'string',
  publicKey: 'string',
  pool: "import('pg').Pool",
  contract: "{ get(key: string): ReturnType<import('@engine/core').PriceBook['find']> | undefined }",
  myDestination: "import('@engine/core').Destination",
  myModel: '{ vectorsOf(texts: readonly string[], options: { signal: AbortSignal }): Promise<number[][]> }',
  MyDialect: "new (url: string) => import('kysely').Dialect",
  mine: "(url?: string) => import('@engine/core').Storage",
  createDatabase: '() => Promise<string>',
  dropDatabase: '(url: string) => Promise<void>',
  clients: 'string[]',
  ...Object.fromEntries(['ada', 'company', 'project', 'routine', 'task'].map((name) => [name, '{ id: string }'])),
  agents: '{ id: string }[]',
}
/** What everybody knows where to import from. */
const imported: Readonly<Record<string, string>> = {
  createEngine: '@engine/core',
  createClient: '@engine/client',
  EngineError: '@engine/core',
  inspectDatabase: '@engine/core',
  readAnchors: '@engine/core',
  processAdapter: '@engine/adapters/process',
  acpAdapter: '@engine/adapters/acp',
  sqlite: '@engine/storage-sqlite',
  readFile: 'node:fs/promises',
  expect: 'vitest',
}
/** Names that end so are ids. */
const isId = /^[a-z]\w*Ids?$/

/** What a reader has who set `strict` and `exactOptionalPropertyTypes`, and nothing else. Packages that tests do not depend on are found where they are. */
const asReaders: ts.CompilerOptions = {
  noEmit: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: false,
  noUncheckedSideEffectImports: false,
  noUnusedLocals: false,
  noUnusedParameters: false,
  jsx: ts.JsxEmit.ReactJSX,
  lib: ['lib.es2024.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.esnext.disposable.d.ts'],
  paths: {
    '@engine/ui-kit': [`${root}/packages/ui-kit/src/index.ts`],
    '@engine/ui-kit/board': [`${root}/packages/ui-kit/src/board.ts`],
    '@engine/outbound': [`${root}/packages/outbound/src/index.ts`],
    '@engine/plugin-*': [`${root}/plugins/*/src/index.ts`],
    react: [`${root}/packages/ui-kit/node_modules/@types/react/index.d.ts`],
    'react/*': [`${root}/packages/ui-kit/node_modules/@types/react/*.d.ts`],
  },
}

/** As a file of a package whose type is module. */
const asModule = { languageVersion: ts.ScriptTarget.ES2024, impliedNodeFormat: ts.ModuleKind.ESNext } as const

export interface Block {
  /** Such as `docs/client.md:12`. */
  readonly place: string
  readonly language: 'ts' | 'tsx'
  readonly code: string
}

/** The blocks of TypeScript in the README, the documentation and the READMEs of packages. */
export function blocksOfDocs(): Block[] {
  const pages = ['README.md', ...globSync('{docs/*.md,packages/*/README.md,plugins/*/README.md}', { cwd: root }).toSorted()]
  return pages.flatMap((page) => blocksOf(readFileSync(resolve(root, page), 'utf8'), page))
}

/** The fenced blocks of one page that are TypeScript. Pure. */
export function blocksOf(text: string, page: string): Block[] {
  return [...text.matchAll(/^```(ts|tsx)\n(.*?)^```$/gms)].map(({ 1: language, 2: code = '', index }) => ({
    place: `${page}:${text.slice(0, index).split('\n').length + 1}`,
    language: language === 'tsx' ? 'tsx' : 'ts',
    code,
  }))
}

/** What the compiler has against blocks, each a module of its own, with the workspace's sources. Each line names page and line. */
export function problemsOfBlocks(blocks: readonly Block[]): string[] {
  // A folder from which the packages of this workspace are found.
  const folder = resolve(root, 'test/.docs')
  const files = new Map(
    blocks.map((block, index) => [`${folder}/block-${index}.${block.language}`, { block, text: withPrelude(block, { blocks, index }) }]),
  )
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(resolve(root, 'tsconfig.base.json'), (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    root,
  )
  const all = { ...options, ...asReaders }
  const host = ts.createCompilerHost(all)
  const { readFile, fileExists, getSourceFile } = host
  host.readFile = (path) => files.get(path)?.text ?? readFile(path)
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.directoryExists = (path) => path === folder || ts.sys.directoryExists(path)
  host.getSourceFile = (path, ...rest) => {
    const file = files.get(path)
    return file ? ts.createSourceFile(path, file.text, asModule, true) : getSourceFile(path, ...rest)
  }
  const program = ts.createProgram([...files.keys()], all, host)
  return [...files].flatMap(([path, { block }]) => {
    const source = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map((problem) => say(problem, block))
  })
}

function say({ start = 0, file, messageText }: ts.Diagnostic, { place }: Block): string {
  const [page, first] = place.split(':')
  const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + Number(first)
  return `${page}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
}

interface Place {
  readonly blocks: readonly Block[]
  readonly index: number
}

/** The block as a module; what it names without declaring it is declared after it, so that lines stay as they are. */
function withPrelude(block: Block, place: Place): string {
  const { used, named, exported } = namesOf(block)
  const missing = [...used].filter((name) => !named.has(name))
  const prelude = missing.flatMap((name) => originOf(name, block, place))
  // So that later blocks of the page can have it.
  const own = [...named].filter((name) => !exported.has(name))
  return [withFiles(block, place), ...prelude, `export { ${own.join(', ')} }`].join('\n')
}

/** A block that begins with a comment of its path is a file, which later blocks of its page can import. */
function withFiles({ code, place }: Block, { blocks, index }: Place): string {
  const [page] = place.split(':')
  return code.replaceAll(/from '\.\/([\w.-]+)'/g, (text, name: string) => {
    const file = blocks.findLastIndex(
      (block, at) => at < index && block.place.split(':')[0] === page && block.code.split('\n')[0]?.endsWith(`/${name}`),
    )
    return file === -1 ? text : `from './block-${file}.${blocks[file]?.language}'`
  })
}

function originOf(name: string, { place }: Block, { blocks, index }: Place): string[] {
  const [page] = place.split(':')
  const earlier = blocks.findLastIndex((block, at) => at < index && block.place.split(':')[0] === page && namesOf(block).named.has(name))
  if (earlier !== -1) return [`import { ${name} } from './block-${earlier}.${blocks[earlier]?.language}'`]
  if (Object.hasOwn(imported, name)) return [`import { ${name} } from '${imported[name]}'`]
  const type = Object.hasOwn(declared, name) ? declared[name] : isId.test(name) ? (name.endsWith('s') ? 'string[]' : 'string') : undefined
  return type === undefined ? [] : [`declare const ${name}: ${type}`]
}

/** What a block declares or imports at its top, which of it it exports, and all words that it uses as names. */
function namesOf({ code, language }: Block) {
  const source = ts.createSourceFile(`block.${language}`, code, ts.ScriptTarget.ES2024, true)
  const [named, exported, used] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const bind = (name: ts.BindingName, into: Set<string>) => {
    if (ts.isIdentifier(name)) into.add(name.text)
    else for (const element of name.elements) if (ts.isBindingElement(element)) bind(element.name, into)
  }
  for (const statement of source.statements) {
    const isExported =
      ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    const found = new Set<string>()
    if (ts.isVariableStatement(statement)) for (const { name } of statement.declarationList.declarations) bind(name, found)
    if (ts.isFunctionDeclaration(statement) && statement.name) found.add(statement.name.text)
    if (ts.isImportDeclaration(statement)) for (const name of importsOf(statement)) found.add(name)
    for (const name of found) (isExported ? exported : named).add(name)
  }
  const visit = (node: ts.Node) => {
    if (ts.isIdentifier(node)) used.add(node.text)
    node.forEachChild(visit)
  }
  visit(source)
  return { named: new Set([...named, ...exported]), exported, used }
}

function importsOf({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings
  // A type is imported where it is used, and not handed on.
  const values = bindings && ts.isNamedImports(bindings) ? bindings.elements.filter(({ isTypeOnly }) => !isTypeOnly) : []
  const all = bindings && ts.isNamespaceImport(bindings) ? [bindings.name.text] : []
  return [...(importClause?.name ? [importClause.name.text] : []), ...values.map(({ name }) => name.text), ...all]
}
