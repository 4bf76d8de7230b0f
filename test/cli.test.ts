import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { Command } from 'commander'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { coreRegistry, createEngine, EngineError, localSecrets, type JsonObject } from '@engine/core'
import { createHandler, localOperator, webHandler } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedDestination } from '@engine/testing'

import { completionScript } from '../packages/cli/src/completion.ts'
import { addOperations } from '../packages/cli/src/operations/commands.ts'
import { fieldsOf, kebab, type Field } from '../packages/cli/src/operations/field.ts'
import { createCompany, createWorld, serveWorld, watchCalls } from './http-fixtures.ts'
import { furnishCompany, inputOf, keyFor, routesOf } from './http-routes.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

const bin = new URL('../packages/cli/src/bin.ts', import.meta.url)
const registry = coreRegistry()
const program = programOf()

function programOf(): Command {
  const made = new Command('engine').exitOverride()
  addOperations(made, registry)
  return made
}

/** The words that say a value of a field. */
function wordsFor({ flag, kind, isArgument }: Field, value: unknown, folder: string): string[] {
  if (kind === 'folder') {
    // What the operation takes are files of a package.
    for (const { path, content } of value as { path: string; content: string }[]) {
      mkdirSync(join(folder, 'package', dirname(path)), { recursive: true })
      writeFileSync(join(folder, 'package', path), content)
    }
    return [join(folder, 'package')]
  }
  if (isArgument) return [String(value)]
  if (kind === 'boolean') return [value === true ? flag : `--no-${flag.slice(2)}`]
  if (kind === 'list' && Array.isArray(value)) return [flag, ...value.map(String)]
  if (kind === 'file') {
    writeFileSync(join(folder, 'mine'), String(value))
    return [flag, `@${join(folder, 'mine')}`]
  }
  return [flag, typeof value === 'string' ? value : JSON.stringify(value)]
}

/** Without what a host gets otherwise than as JSON. */
function comparable(input: unknown, left: readonly string[]): JsonObject {
  return JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(Object(input)).filter(([name]) => !left.includes(name)))))
}

describe('every operation, as a command', () => {
  it.each(routesOf(registry))('$name reaches the server as its flags say, and prints the answer', async (route) => {
    const operation = registry.get(route.name)
    if (!operation) throw new Error(`there is no ${route.name}`)
    const { engine } = await createWorld()
    const company = await furnishCompany(engine, 'Acme')
    const input = inputOf(route, company, company)
    if (route.name === 'attachments.upload') input['content'] = 'mine'
    const { watched, calls } = watchCalls(engine)
    vi.stubGlobal('fetch', webHandler(createHandler({ engine: watched, localActor: localOperator })))
    const key = Object.values(keyFor(route, company)).join('')
    vi.stubEnv('ENGINE_API_KEY', key)
    const printed: string[] = []
    const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line))
    onTestFinished(() => {
      log.mockRestore()
      // A test of an agent or a route may have found something.
      process.exitCode = undefined
      vi.unstubAllEnvs()
      vi.unstubAllGlobals()
    })
    const folder = temporaryFolder()
    const fields = fieldsOf(operation).filter(({ name }) => input[name] !== undefined)
    const words = [true, false].flatMap((isArgument) =>
      fields.filter((field) => field.isArgument === isArgument).flatMap((field) => wordsFor(field, input[field.name], folder)),
    )
    const output = join(folder, 'file')
    const isFile = operation.definition.kind === 'query' && operation.definition.givesContent === true
    const argv = [
      kebab(operation.module),
      kebab(operation.verb),
      ...words,
      '--json',
      '--server',
      'http://localhost:4400',
      ...(isFile ? ['--output', output] : []),
    ]
    const failed: unknown = await program.parseAsync(argv, { from: 'user' }).then(
      () => null,
      (error: unknown) => error,
    )
    expect(
      calls.map(({ name }) => name),
      String(failed),
    ).toEqual([route.name])
    const left = route.name === 'attachments.upload' ? ['content'] : ['headers']
    expect(comparable(calls[0]?.input, left)).toEqual(comparable(input, left))
    const done: unknown = await calls[0]?.done.catch((error: unknown) => error)
    if (EngineError.isInstance(done)) expect(failed).toMatchObject({ code: done.code, message: done.message })
    else if (isFile)
      expect(readFileSync(output, 'utf8')).toMatch(route.name === 'costs.export' ? /^occurredAt,costMicros,[^]*,one,/ : /^a file$/)
    else expect(JSON.parse(printed.join('\n'))).toEqual(JSON.parse(JSON.stringify(done)))
  })

  it('has flags that say its fields and nothing else', () => {
    const ours = ['server', 'json', 'data', 'all', 'output', 'help']
    for (const operation of registry.operations) {
      for (const { name, flag } of fieldsOf(operation)) {
        expect(ours).not.toContain(name)
        expect(flag).not.toMatch(/^--no-/)
      }
    }
  })
})

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs `engine` to its end, in a process of its own. */
async function engine(
  args: readonly string[],
  { env = {}, input = '' }: { env?: Record<string, string>; input?: string } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, ['--conditions=engine-source', fileURLToPath(bin), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  })
  child.stdin.end(input)
  const code = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}

describe('the engine command', () => {
  it('works on a server: tables for people, JSON for programs, bodies from a file or standard input', async () => {
    const world = await createWorld()
    const { url } = await serveWorld(world.engine)
    const company = await createCompany(world.engine, 'Acme')
    const env = { ENGINE_URL: url, ENGINE_COMPANY_ID: company.companyId }
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'task.json'), '{"title":"From a file","priority":"high"}')
    const [list, made, said] = await Promise.all([
      engine(['tasks', 'list', '--status', 'in_progress', 'in_review'], { env }),
      engine(['tasks', 'create', '--data', `@${join(folder, 'task.json')}`, '--priority', 'low', '--json'], { env }),
      engine(['comments', 'create', `${company.prefix}-1`, '--body', '-'], { env, input: '@kim two\nlines' }),
    ])
    expect(list.out).toMatch(/^identifier +title +status +priority.*\n(\S+-\d+ +\w+ +in_(progress|review) .*\n){2}$/)
    expect(JSON.parse(made.out)).toMatchObject({ title: 'From a file', priority: 'low' })
    expect(said.out).toMatch(/^body +@kim two\n +lines$/m)
    expect([list.code, made.code, said.code]).toEqual([0, 0, 0])
  })

  it('gives a secret of standard input without the end of its line, and every other text as it is', async () => {
    const sealed: string[] = []
    const store = localSecrets({ key: randomBytes(32) })
    const seal = (value: string, place: string) => (sealed.push(value), store.seal(value, place))
    const world = await createEngine({ storage: sqlite(':memory:'), secrets: { ...store, seal } })
    onTestFinished(() => world.stop())
    const { url } = await serveWorld(world)
    const { id: companyId } = await world.companies.create({ name: 'Acme' })
    const env = { ENGINE_URL: url, ENGINE_COMPANY_ID: companyId }
    const values = ['whsec_one line\n', 'of Windows\r\n', '-----BEGIN\nlines\n\n', ' as it is ']
    const keep = (input: string, index: number) => engine(['secrets', 'create', '--name', `KEY_${index}`, '--value', '-'], { env, input })
    const [said, ...kept] = await Promise.all([
      engine(['goals', 'create', '--title', 'Grow', '--description', '-', '--json'], { env, input: 'much\n' }),
      ...values.map(keep),
    ])
    expect(kept.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    expect(sealed.toSorted()).toEqual(['whsec_one line', 'of Windows', '-----BEGIN\nlines\n', ' as it is '].toSorted())
    expect(JSON.parse(said.out)).toMatchObject({ description: 'much\n' })
  })

  it('ends with 1 when a check of what it has tested failed, and prints the report', async () => {
    const destination = scriptedDestination()
    const world = await createEngine({ storage: sqlite(':memory:'), destinations: [destination] })
    onTestFinished(() => world.stop())
    const { url } = await serveWorld(world)
    const { id: companyId } = await world.companies.create({ name: 'Acme' })
    const ended = await Promise.all(
      ['here', 'nowhere'].map(async (place) => {
        const route = { companyId, name: place, destinationType: destination.type, config: { to: place }, events: ['task.created'] }
        const { id } = await world.routes.create(route)
        return engine(['routes', 'test', id, '--json'], { env: { ENGINE_URL: url } })
      }),
    )
    expect(ended.map(({ code, err }) => [code, err])).toEqual([
      [0, ''],
      [1, ''],
    ])
    expect(ended.map(({ out }) => JSON.parse(out).checks[0].status)).toEqual(['passed', 'failed'])
  })

  it('ends with a code that says what sort of failure it was, and tells it on standard error', async () => {
    const world = await createWorld()
    const { url } = await serveWorld(world.engine)
    const { taskId, otherAgentId, companyId } = await createCompany(world.engine, 'Acme')
    const env = { ENGINE_URL: url }
    const nowhere = { ENGINE_URL: 'http://127.0.0.1:1' }
    const cases: [string[], Record<string, string>, number, RegExp][] = [
      [['tasks', 'get'], env, 2, /<task-id> must be given/],
      [['tasks', 'gte', taskId], env, 2, /Did you mean get\?/],
      [['tasks', 'list', '--limit', 'ten', '--company-id', companyId], env, 2, /--limit must be a number/],
      [['companies', 'list'], { ...env, ENGINE_API_KEY: 'eng_user_nobody' }, 3, /\(unauthenticated, request [\w-]+\)/],
      [['tasks', 'get', 'ACM-999'], env, 4, /not_found/],
      [['tasks', 'checkout', taskId, '--agent-id', otherAgentId], env, 5, /checkout_conflict/],
      [['tasks', 'update', taskId, '--title', ''], env, 6, /invalid_input/],
      [['companies', 'create', '--name', 'Acme'], nowhere, 7, /gave no answer to companies\.create, asked 4 times/],
      [['companies', 'list'], { ENGINE_URL: 'http://engine.example', ENGINE_API_KEY: 'eng_user_x' }, 2, /is not https/],
    ]
    const ended = await Promise.all(cases.map(([args, given]) => engine(args, { env: given })))
    for (const [index, [args, , code, message]] of cases.entries()) {
      expect([args, ended[index]?.code]).toEqual([args, code])
      expect(ended[index]?.err).toMatch(message)
      expect(ended[index]?.out).toBe('')
    }
    const { code, err } = await engine(['tasks', 'get', 'ACM-999', '--json'], { env })
    expect([code, JSON.parse(err)]).toEqual([4, expect.objectContaining({ code: 'not_found', kind: 'missing' })])
  })

  it('watches tasks as they change, from what is there on, until it is told to stop', { timeout: 60_000 }, async () => {
    const world = await createWorld()
    const { url } = await serveWorld(world.engine)
    const { companyId, prefix, openTaskId } = await createCompany(world.engine, 'Acme')
    const watching = startProgram(bin, { args: ['tasks', 'watch', '--company-id', companyId, '--server', url] })
    await watching.printed(new RegExp(`${prefix}-3 +Open +todo`))
    await world.engine.tasks.cancel({ taskId: openTaskId })
    await watching.printed(new RegExp(`${prefix}-3 +cancelled +Open`))
    watching.child.kill('SIGINT')
    expect(await watching.exited).toEqual({ code: 0, signal: null })
  })

  it('reads what it watches when it is listened to, also where that was asked for in vain first, and ends when it may not', async () => {
    const asked: string[] = []
    const server = createServer(({ url }, response) => {
      const isStream = url?.endsWith('/events') === true
      asked.push(isStream ? 'events' : 'tasks')
      if (isStream && asked.length > 1) response.writeHead(200, { 'content-type': 'text/event-stream' }).write('retry: 2000\nid: 3\n\n')
      else response.writeHead(isStream ? 503 : 403, { 'content-type': 'application/problem+json' }).end('{"code":"forbidden"}')
    })
    onTestFinished(() => server.close().closeAllConnections())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    // A server that listens on an IP address has an AddressInfo.
    const { port } = server.address() as AddressInfo
    const watching = startProgram(bin, { args: ['tasks', 'watch', '--company-id', 'any', '--server', `http://127.0.0.1:${port}`] })
    expect(await watching.exited).toEqual({ code: 3, signal: null })
    expect(asked).toEqual(['events', 'events', 'tasks'])
  })

  it('completes commands and flags in a shell', () => {
    const script = completionScript(program, 'bash')
    const complete = (...words: string[]) => {
      const ask = `${script}\nCOMP_WORDS=(engine ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _engine; echo "\${COMPREPLY[@]}"`
      return spawnSync('bash', ['-c', ask], { encoding: 'utf8' }).stdout.trim()
    }
    expect(complete('tas')).toBe('tasks')
    expect(complete('tasks', 'chec')).toBe('checkout')
    expect(complete('tasks', 'checkout', 'ACM-1', '--ag')).toBe('--agent-id')
    expect(complete('tasks', 'list', '--priority', 'low', '--is-o')).toBe('--is-overdue')
    expect(complete('nothing', 'of')).toBe('')
    for (const shell of ['zsh', 'fish'] as const) expect(completionScript(program, shell)).toContain('force-release')
  })
})

describe('a database of this machine', () => {
  it('is made by migrate, copied by backup, and put back by restore where none is', { timeout: 90_000 }, async () => {
    const folder = temporaryFolder()
    const [data, copy, other] = ['data', 'copy.db', 'other'].map((name) => join(folder, name))
    if (data === undefined || copy === undefined || other === undefined) throw new Error('three paths')
    const made = await engine(['migrate', '--data-dir', data])
    expect(made.out).toMatch(/applied {2}.*\n.* is at \S+, which is the newest\./)
    expect((await engine(['migrate', '--data-dir', data])).out).not.toContain('applied')
    await engine(['backup', copy, '--data-dir', data])
    const inTheWay = await engine(['restore', copy, '--data-dir', data])
    expect([inTheWay.code, inTheWay.err]).toEqual([1, expect.stringContaining('is there already')])
    expect(await engine(['restore', copy, '--data-dir', other])).toMatchObject({ code: 0, err: '' })
    expect((await engine(['verify', '--data-dir', other])).out).toContain('Sound')
    writeFileSync(copy, 'no database')
    const third = join(folder, 'third')
    const broken = await engine(['restore', copy, '--data-dir', third])
    expect([broken.code, existsSync(join(third, 'engine.db'))]).toEqual([1, false])
    const postgres = await engine(['restore', copy, '--database-url', 'postgres://u:secret@h/d'])
    expect([postgres.code, postgres.err]).toEqual([1, expect.stringContaining('pg_restore')])
  })
})
