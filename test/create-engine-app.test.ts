import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'

import { beforeAll, describe, expect, it } from 'vitest'

import { buildBoard } from './support/browser.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

const scaffold = new URL('../packages/create-engine-app/', import.meta.url)
const templates = readdirSync(new URL('templates', scaffold))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

function manifestOf(file: string | URL): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}

/** Without a terminal, as in a test or a pipe, and without a network. */
async function create(args: string[], { cwd = temporaryFolder(), env = {} }: { cwd?: string; env?: Record<string, string> } = {}) {
  const program = startProgram(new URL('src/bin.ts', scaffold), { args, cwd, env })
  const { code } = await program.exited
  return { code, said: program.output(), folder: (name = 'my-app') => join(cwd, name) }
}

/** An app whose packages are the sources of this repository. */
async function createLinked(template: string): Promise<string> {
  const made = await create(['my-app', '--template', template, '--no-install'])
  symlinkSync(fileURLToPath(new URL('node_modules', scaffold)), join(made.folder(), 'node_modules'), 'junction')
  return made.folder()
}

describe('create-engine-app', () => {
  it.each(templates)('begins a whole app from the template %s, without asking anything', async (template) => {
    const { code, said, folder } = await create(['My App', '--template', template, '--no-install'])
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('cd "My App"\n  npm install\n  npm run dev\n') })
    const app = folder('My App')
    const { name, dependencies = {}, devDependencies = {} } = manifestOf(join(app, 'package.json'))
    expect(name).toBe('my-app')
    const { version } = manifestOf(new URL('package.json', scaffold))
    const all = Object.entries({ ...dependencies, ...devDependencies })
    for (const [each, wanted] of all) if (each.startsWith('@engine/')) expect(wanted).toBe(`^${version}`)
    expect(readFileSync(join(app, 'README.md'), 'utf8')).toMatch(/^# my-app\n/)
    for (const file of ['AGENTS.md', 'tsconfig.json', '.gitignore', 'src']) expect(existsSync(join(app, file)), file).toBe(true)
    expect(readdirSync(app).filter((each) => each.startsWith('_'))).toEqual([])
  })

  it.each(templates)('names the packages of others in %s as this repository has them', (template) => {
    const { dependencies, devDependencies } = manifestOf(new URL(`templates/${template}/_package.json`, scaffold))
    const ours = manifestOf(new URL('package.json', scaffold)).devDependencies
    const others = Object.entries({ ...dependencies, ...devDependencies }).filter(([name]) => !name.startsWith('@engine/'))
    expect(Object.fromEntries(others)).toEqual(Object.fromEntries(others.map(([name]) => [name, ours?.[name]])))
  })

  it.each(['server', 'embedded'])('gives each app of %s secrets of its own, for its owner alone', async (template) => {
    const [first, second] = [
      await create(['my-app', '-t', template, '--no-install']),
      await create(['my-app', '-t', template, '--no-install']),
    ]
    const [one, two] = [first, second].map(({ folder }) => readFileSync(join(folder(), '.env'), 'utf8'))
    expect(one).toMatch(/^ENGINE_SECRET_KEY=[A-Za-z0-9+/]{43}=$/m)
    expect(one).not.toBe(two)
    expect(statSync(join(first.folder(), '.env')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(first.folder(), '.env.example'), 'utf8')).toMatch(/^ENGINE_SECRET_KEY=$/m)
    expect(readFileSync(join(first.folder(), '.gitignore'), 'utf8').split('\n')).toContain('.env')
  })

  it('leaves a folder alone in which something is, and says what', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, 'my-app'))
    writeFileSync(join(cwd, 'my-app', 'notes.txt'), 'mine')
    const { code, said, folder } = await create(['my-app', '--yes'], { cwd })
    expect({ code, said }).toEqual({ code: 1, said: expect.stringMatching(/my-app is not empty: there is notes\.txt\. /) })
    expect(readdirSync(folder())).toEqual(['notes.txt'])
  })

  it('fills the folder that it is in, also one under version control', async () => {
    const cwd = temporaryFolder()
    mkdirSync(join(cwd, '.git'))
    const { code, said } = await create(['.', '--yes', '--no-install'], { cwd })
    expect(code).toBe(0)
    expect(said).not.toContain('cd ')
    expect(existsSync(join(cwd, 'src/app.ts'))).toBe(true)
  })

  it.each([
    ['an unknown template', ['my-app', '--template', 'none'], 'There are server, embedded, adapter-plugin, destination-plugin.'],
    ['an unknown option', ['my-app', '--tempalte', 'server'], "Unknown option '--tempalte'"],
    ['an unknown package manager', ['my-app', '--package-manager', 'cargo'], 'It knows npm, pnpm, yarn, bun.'],
    ['two folders', ['one', 'two'], 'One folder can be made at a time'],
  ])('makes nothing for %s, and says what there is', async (_, args, help) => {
    const { code, said, folder } = await create(args)
    expect({ code, said }).toEqual({ code: 2, said: expect.stringContaining(help) })
    expect(readdirSync(folder('.'))).toEqual([])
  })

  it('speaks of the package manager that started it', async () => {
    const env = { npm_config_user_agent: 'pnpm/10.34.9 npm/? node/v24.21.0 linux x64' }
    const { said } = await create(['my-app', '--no-install'], { env })
    expect(said).toContain('  pnpm install\n  pnpm run dev\n')
  })

  it('leaves a whole app behind when its packages can not be fetched, and says what is left to do', async () => {
    const { code, said, folder } = await create(['my-app', '--yes', '--package-manager', 'npm'], { env: { PATH: temporaryFolder() } })
    // They are two streams, and which comes first is nobody's promise.
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('npm install failed') })
    expect(said).toContain('Next:\n  cd my-app\n  npm install\n')
    expect(existsSync(join(folder(), 'package.json'))).toBe(true)
  })
})

describe('an app that it made', () => {
  // Apps serve the board that is published with its package, which sources are without until they are built.
  beforeAll(async () => {
    const board = fileURLToPath(new URL('../packages/ui-kit/dist/board/', import.meta.url))
    if (!existsSync(board)) await buildBoard(board)
  }, 120_000)

  it('shows a finished task and a review that waits, by nothing but its own start', { timeout: 120_000 }, async () => {
    const app = await createLinked('server')
    const { ENGINE_SECRET_KEY: secretKey = '' } = parseEnv(readFileSync(join(app, '.env'), 'utf8'))
    const env = { PORT: '0', ENGINE_SECRET_KEY: secretKey }
    const program = startProgram(pathToFileURL(join(app, 'src/main.ts')), { cwd: app, env })
    const [, url = ''] = await program.printed(/The board is on (http:\S+)\//, 60_000)
    await program.printed(/is done: Greet the team/, 60_000)
    await program.printed(/A review waits for you: Answer a letter/, 60_000)
    expect((await fetch(`${url}/api/health/ready`)).status).toBe(200)
    program.child.kill('SIGTERM')
    expect(await program.exited).toEqual({ code: 0, signal: null })
  })

  it.each(['server', 'embedded'])('passes its own tests (%s)', { timeout: 120_000 }, async (template) => {
    const app = await createLinked(template)
    const program = startProgram(pathToFileURL(join(app, 'src/app.test.ts')), { cwd: app })
    const { code } = await program.exited
    expect({ code, said: program.output() }).toMatchObject({ code: 0, said: expect.stringMatching(/# fail 0|ℹ fail 0/) })
  })
})
