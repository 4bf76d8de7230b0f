import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import Database from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram, type Program } from './support/processes.ts'

const bin = new URL('../packages/cli/src/bin.ts', import.meta.url)

/** A folder with Markdown in which something is wrong, to be checked by the demo company. */
function folderOfMarkdown(): string {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'guide'))
  writeFileSync(join(folder, 'README.md'), '# Title\n\n[good](guide/a.md) [bad](missing.md)\n')
  writeFileSync(join(folder, 'guide', 'a.md'), '# A\n\n### Skipped\n\n[up](../README.md#title)\n')
  return folder
}

/** As if the half minute were over that the leases last of a server which is no more. */
function endLeases(folder: string): void {
  const database = new Database(join(folder, 'data', 'engine.db'))
  try {
    expect(database.prepare('update leases set expires_at = ?').run(new Date().toISOString()).changes).toBe(1)
  } finally {
    database.close()
  }
}

async function serve(folder: string, args: string[] = []): Promise<{ server: Program; url: string }> {
  const server = startProgram(bin, { args: ['serve', '--port', '0', ...args], cwd: folder })
  const [, url = ''] = await server.printed(/ready on (http:\S+)/)
  return { server, url }
}

const read = async <Body>(url: string): Promise<Body> => (await (await fetch(url)).json()) as Body

const post = async <Body>(url: string, body: object): Promise<Body> => {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })
  return (await answer.json()) as Body
}

describe('engine serve', () => {
  it('does the main job on real files by itself, and the printed line approves the result', { timeout: 90_000 }, async () => {
    const folder = folderOfMarkdown()
    const { server, url } = await serve(folder)
    await server.printed(/DOC-3 .*Rui started/, 60_000)
    const [, command = ''] = await server.printed(/approve it +(curl .*)\n/, 60_000)
    for (const line of ['DOC-1    is done', 'DOC-2    is done', 'DOC-3    is done', 'DOC-4    Wanda started'])
      expect(server.output()).toContain(line)

    const [company] = (await read<{ items: { id: string }[] }>(`${url}/api/companies`)).items
    const [pending] = (await read<{ items: { id: string }[] }>(`${url}/api/companies/${company?.id}/deliverables?status=pending`)).items
    const report = await read<{ content: string }>(`${url}/api/deliverables/${pending?.id}`)
    expect(report.content).not.toContain('Incomplete')
    expect(report.content).toContain('missing.md')
    expect(report.content).toContain('guide/a.md')
    expect(await (await fetch(`${url}/status`)).text()).toContain('Markdown audit')

    const approved = spawnSync('sh', ['-c', command], { encoding: 'utf8' })
    expect(JSON.parse(approved.stdout)).toMatchObject({ status: 'approved' })
    const task = () => read<{ status: string }>(`${url}/api/tasks/DOC-4`)
    expect((await task()).status).toBe('done')

    server.child.kill('SIGINT')
    expect(await server.exited).toEqual({ code: 0, signal: null })
    expect(server.output()).toContain('Stopped.')

    const again = await serve(folder)
    expect((await read<{ status: string }>(`${again.url}/api/tasks/DOC-4`)).status).toBe('done')
    expect((await read<{ items: unknown[] }>(`${again.url}/api/companies`)).items).toHaveLength(1)
    expect(again.server.output()).not.toContain('database is empty')
    again.server.child.kill('SIGTERM')
    expect(await again.server.exited).toEqual({ code: 0, signal: null })
  })

  it('goes on where it was when it is killed in the middle', { timeout: 90_000 }, async () => {
    const folder = folderOfMarkdown()
    const first = await serve(folder)
    await first.server.printed(/Lena started/)
    first.server.child.kill('SIGKILL')
    await first.server.exited
    endLeases(folder)
    const second = await serve(folder)
    await second.server.printed(/approve it/, 80_000)
    expect((await read<{ status: string }>(`${second.url}/api/tasks/DOC-4`)).status).toBe('in_review')
  })

  it('tells a waiting review again when it is started again, and runs without the demo when asked', { timeout: 60_000 }, async () => {
    const { server, url } = await serve(temporaryFolder(), ['--no-demo'])
    expect((await read<{ items: unknown[] }>(`${url}/api/companies`)).items).toEqual([])
    await until(
      () => fetch(`${url}/api/health/ready`).then((answer) => answer.status),
      (status) => status === 200,
    )
    server.child.kill('SIGTERM')
    await server.exited
  })

  it(
    'has every adapter, and lets agents be run by the programs and targets alone that who starts it allows',
    { timeout: 60_000 },
    async () => {
      const folder = temporaryFolder()
      const { server, url } = await serve(folder, ['--no-demo', '--allow-program', 'codex', '/bin/true'])
      const { id } = await post<{ id: string }>(`${url}/api/companies`, { name: 'Acme' })
      const hire = (adapterType: string, adapterConfig: object) =>
        post<{ code?: string; detail?: string }>(`${url}/api/companies/${id}/agents`, {
          name: `${adapterType} ${JSON.stringify(adapterConfig)}`,
          role: 'tester',
          adapterType,
          adapterConfig,
        })
      for (const [adapterType, adapterConfig] of [
        ['anthropic', { model: 'm' }],
        ['openai', { model: 'm' }],
        ['http', { url: 'https://agents.example/run' }],
        ['process', { command: '/bin/true' }],
        ['codex', { cwd: folder }],
      ] as const)
        expect(await hire(adapterType, adapterConfig)).toMatchObject({ adapterType })
      for (const [adapterType, adapterConfig] of [
        ['process', { command: 'bash', args: ['-c', 'id'] }],
        ['process', { command: process.execPath, args: ['-e', '1'] }],
        ['process', { command: '/bin/true', env: { LD_PRELOAD: '/tmp/x.so' } }],
        ['codex', { cwd: folder, command: 'bash' }],
        ...['claude-code', 'cursor', 'gemini-cli', 'pi'].map((type) => [type, { cwd: folder }] as const),
        ['opencode', { cwd: folder, model: 'a/b' }],
      ] as const)
        expect(await hire(adapterType, adapterConfig)).toMatchObject({ code: 'invalid_input', detail: expect.stringContaining('host') })
      server.child.kill('SIGTERM')
      await server.exited
    },
  )

  it('gives a receiver as long for a delivery as its operator says', { timeout: 60_000 }, async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    onTestFinished(() => void silent.close())
    await new Promise((resolve) => silent.once('listening', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const { server, url } = await serve(temporaryFolder(), ['--no-demo', '--allow-target', '127.0.0.1', '--delivery-timeout', '1'])
    const { id: companyId } = await post<{ id: string }>(`${url}/api/companies`, { name: 'Acme' })
    const config = { url: `http://127.0.0.1:${port}/`, timeoutSec: 30 }
    await post(`${url}/api/companies/${companyId}/routes`, { name: 'Silent', events: ['goal.*'], destinationType: 'webhook', config })
    await post(`${url}/api/companies/${companyId}/goals`, { title: 'Grow' })
    const waiting = async () =>
      (await read<{ items: { reason: string }[] }>(`${url}/api/companies/${companyId}/deliveries?status=retrying`)).items
    const [delivery] = await until(waiting, (items) => items.length > 0, 30_000)
    expect(delivery?.reason).toBe('it was not sent within 1000 ms')
    server.child.kill('SIGTERM')
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })

  it('ends open event streams with a word when it stops', { timeout: 60_000 }, async () => {
    const { server, url } = await serve(temporaryFolder(), ['--no-demo'])
    const created = await fetch(`${url}/api/companies`, {
      method: 'POST',
      body: '{"name":"Acme"}',
      headers: { 'content-type': 'application/json' },
    })
    const company = (await created.json()) as { id: string }
    const stream = await fetch(`${url}/api/companies/${company.id}/events`, { headers: { accept: 'text/event-stream' } })
    let text = ''
    for await (const part of stream.body ?? []) {
      text += new TextDecoder().decode(part)
      // What is there already comes before anybody asks the server to stop.
      if (text.includes('company.created') && !server.child.killed) server.child.kill('SIGTERM')
    }
    expect(text).toMatch(/event: company\.created[^]*event: shutdown/)
    expect(await server.exited).toEqual({ code: 0, signal: null })
  })
})

describe('a wrong setting', () => {
  const run = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, ['--conditions=engine-source', fileURLToPath(bin), 'serve', ...args], {
      encoding: 'utf8',
      cwd: temporaryFolder(),
      env: { ...process.env, NODE_OPTIONS: '', ...env },
    })

  const wrong: { what: string; args?: string[]; env?: Record<string, string>; message: RegExp }[] = [
    { what: 'a port that is no number', args: ['--port', 'http'], message: /PORT \(or --port\) must be a number/ },
    { what: 'a program of no certain place', args: ['--allow-program', './run'], message: /"\.\/run" can not be allowed/ },
    { what: 'a folder of no certain place', args: ['--allow-folder', 'work'], message: /"work" can not be allowed/ },
    { what: 'a target that is none', env: { ENGINE_ALLOW_TARGETS: '10.0.0.0/99' }, message: /10\.0\.0\.0\/99/ },
    { what: 'a port out of range', env: { PORT: '70000' }, message: /from 0 to 65535/ },
    {
      what: 'an address that others reach',
      args: ['--port', '0'],
      env: { HOST: '0.0.0.0' },
      message: /HOST=0\.0\.0\.0 would let other machines in/,
    },
    {
      what: 'a database that this version cannot use',
      env: { DATABASE_URL: 'mysql://u:secret@db/x' },
      message: /does not know mysql:/,
    },
    { what: 'a database without a place', env: { DATABASE_URL: 'pglite://' }, message: /pglite: names no place/ },
    { what: 'a folder for a file', env: { DATABASE_URL: `file:${import.meta.dirname}` }, message: /cannot be opened: it is a folder/ },
    {
      what: 'a Postgres that is not there',
      env: { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/x' },
      message: /The database postgres:\/\/127\.0\.0\.1:1\/x cannot be opened: nothing listens there/,
    },
    { what: 'a switch that is neither on nor off', env: { ENGINE_DEMO: 'maybe' }, message: /ENGINE_DEMO must be on or off/ },
    {
      what: 'no time for a delivery',
      env: { ENGINE_DELIVERY_TIMEOUT: '0' },
      message: /ENGINE_DELIVERY_TIMEOUT \(or --delivery-timeout\) must be a number from 1 to 3600/,
    },
    { what: 'an unknown flag', args: ['--prot', '1'], message: /unknown option/ },
  ]

  it.each(wrong)('is told in one line: $what', ({ args = [], env = {}, message }) => {
    const { status, stderr } = run(args, env)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('secret')
    expect(stderr).not.toMatch(/\n\s+at /)
    expect(status).not.toBe(0)
  })

  it('is told when the port is taken, by whom it can be freed', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void holder.close())
    await new Promise((resolve) => holder.once('listening', resolve))
    const address = holder.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const { status, stderr } = run(['--port', String(port)])
    expect(stderr).toMatch(new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is taken`))
    expect(status).toBe(1)
  })
})
