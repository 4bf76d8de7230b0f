import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import * as telemetry from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { describe, expect, it, onTestFinished } from 'vitest'

import { processAdapter } from '@engine/adapters/process'
import { localBlobs } from '@engine/blobs/local'
import { createEngine, localSecrets, type Logger } from '@engine/core'
import { serve } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

/** Says what it was given in every way there is, and looks at itself as others on this machine can. */
const teller = `
const { readFileSync } = require('node:fs')
const say = (engine, fields) => console.log(JSON.stringify({ engine, ...fields }))
const { API_KEY: secret, OWN } = process.env
const forms = [secret, Buffer.from(secret).toString('base64'), Buffer.from(secret).toString('base64url'), Buffer.from('me:' + secret).toString('base64'),
  encodeURIComponent(secret), JSON.stringify(secret), Buffer.from(secret).toString('hex')]
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
;(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    for (const form of forms) {
      for (let at = 0; at < form.length; at += 7) { stream.write(form.slice(at, at + 7)); await wait(at < 21 ? 3 : 0) }
      stream.write('\\n')
    }
  }
  const argv = ['self', process.ppid].map((pid) => readFileSync('/proc/' + pid + '/cmdline', 'utf8'))
  const own = readFileSync('/proc/self/environ', 'utf8').split('\\0').filter((line) => line.includes(secret)).map((line) => line.split('=')[0])
  const above = readFileSync('/proc/' + process.ppid + '/environ', 'utf8')
  console.log('LOOK ' + JSON.stringify({ isInArgv: argv.some((line) => line.includes(secret)), own, isAbove: above.includes(secret), OWN }))
  say('progress', { percent: 50, message: 'with ' + secret, details: { [secret]: [secret] } })
  say('comment', { body: 'The key is ' + forms.join(' and ') })
  say('deliverable', { title: 'About ' + secret, summary: secret, content: forms.join('\\n'), contentType: 'text/plain' })
  console.log(JSON.stringify({ engine: secret }))
  console.log('{"engine":"outcome","outcome":{"kind":"done","summary":"' + secret.replaceAll('"', '\\\\"'))
  process.stderr.write('x'.repeat(1900) + secret + 'y'.repeat(80), () => process.exit(3))
})()
`

const spans = new InMemorySpanExporter()
telemetry.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))

async function open() {
  const folder = temporaryFolder()
  const file = join(folder, 'engine.db')
  const logged: string[] = []
  const log = (message: string, fields?: object) => void logged.push(message + JSON.stringify(fields ?? {}))
  const logger: Logger = { debug: log, info: log, warn: log, error: log }
  const engine = await createEngine({
    storage: sqlite(file),
    adapters: [processAdapter({ programs: 'any' })],
    blobs: localBlobs(join(folder, 'blobs')),
    secrets: localSecrets({ key: randomBytes(32) }),
    logger,
    telemetry,
    timesStatements: true,
    checksOutputs: true,
    settings: { pollMs: 20 },
  })
  onTestFinished(() => engine.stop())
  const server = await serve({ engine, port: 0, logger })
  onTestFinished(() => server.close())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  return { engine, companyId, folder, logged, url: server.url }
}

/** All bytes of all files below a folder, the log of the database among them. */
function bytesOf(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  return Buffer.concat(files.filter((name) => statSync(name).isFile()).map((name) => readFileSync(name)))
}

describe.runIf(process.platform === 'linux')('a secret that a real program was given and told everywhere', () => {
  it('is found nowhere else', { timeout: 60_000 }, async () => {
    const { engine, companyId, folder, logged, url } = await open()
    // Of characters that no encoding leaves alone, and as no other text has them.
    const canary = `cånary/"${randomBytes(12).toString('hex')}"+&=? end`
    const { id: secretId } = await engine.secrets.create({ companyId, name: 'CANARY', value: canary })
    await engine.secrets.bind({ secretId, target: 'company', as: 'API_KEY' })
    const streamed: string[] = []
    const stopping = new AbortController()
    const stream = fetch(`${url}/api/companies/${companyId}/events`, { headers: { accept: 'text/event-stream' }, signal: stopping.signal })
    void stream
      .then(async (answer) => {
        for await (const chunk of answer.body ?? []) streamed.push(Buffer.from(chunk).toString())
      })
      .catch(() => undefined)
    const agent = await engine.agents.create({
      companyId,
      name: 'Teller',
      role: 'writer',
      adapterType: 'process',
      adapterConfig: { command: process.execPath, args: ['-e', teller], env: { OWN: { secret: 'CANARY' } } },
    })
    const task = await engine.tasks.create({ companyId, title: 'Tell', assigneeAgentId: agent.id, maxAttempts: 1 })
    await engine.start()
    const run = await until(
      async () => (await engine.runs.list({ companyId, taskId: task.id })).items[0],
      (found) => found !== undefined && found.status !== 'queued' && found.status !== 'running',
    )
    const log = (await engine.runs.log({ runId: run?.id ?? '', limit: 100 })).items.map(({ text }) => text).join('')
    const [, look = ''] = /LOOK (.*)\n/.exec(log) ?? []
    expect(JSON.parse(look)).toEqual({ isInArgv: false, own: ['OWN', 'API_KEY'], isAbove: false, OWN: '[secret CANARY]' })
    await until(
      async () => streamed.join(''),
      (text) => text.includes('run.failed'),
    )
    stopping.abort()

    const paths = ['', '/events?limit=100', '/tasks', '/runs', '/deliverables', '/secrets', '/activity', '/search?query=secret'].map(
      (path) => `/api/companies/${companyId}${path}`,
    )
    const ofTask = ['', '/comments', '/deliverables', '/activity'].map((path) => `/api/tasks/${task.id}${path}`)
    const others = [
      '/metrics',
      '/api/health/ready',
      `/api/runs/${run?.id}`,
      `/api/runs/${run?.id}/log`,
      `/api/agents/${agent.id}`,
      `/api/secrets/${secretId}/accesses`,
    ]
    const bodies = await Promise.all([...paths, ...ofTask, ...others].map(async (path) => (await fetch(url + path)).text()))
    await engine.backup(join(folder, 'copy.db'))
    const traced = spans
      .getFinishedSpans()
      .map(({ name, attributes, events, status }) => JSON.stringify({ name, attributes, events, status }))
    expect(traced.join()).toContain('invoke_agent')
    expect(logged.join()).toContain('/api/runs/:runId/log')
    const everything = Buffer.concat([bytesOf(folder), Buffer.from([log, ...bodies, ...streamed, ...logged, ...traced].join('\n'))])

    const bytes = Buffer.from(canary)
    const hits = {
      itself: everything.includes(bytes),
      core: everything.includes(/[0-9a-f]{24}/.exec(canary)?.[0] ?? 'none'),
      base64: everything.includes(bytes.toString('base64').replaceAll('=', '')),
      base64url: everything.includes(bytes.toString('base64url')),
      inside: everything.includes(bytes.toString('base64').slice(4, -4)),
      basic: everything.includes(Buffer.from(`me:${canary}`).toString('base64').slice(8, -8)),
      url: everything.includes(encodeURIComponent(canary)),
      json: everything.includes(JSON.stringify(canary).slice(1, -1)),
      hex: everything.includes(bytes.toString('hex')),
    }
    expect(hits).toEqual(Object.fromEntries(Object.keys(hits).map((name) => [name, false])))
    // And it was said there.
    const [comment] = (await engine.comments.list({ taskId: task.id })).items
    const [deliverable] = (await engine.deliverables.list({ companyId })).items
    const whole = '[secret CANARY]'
    expect(comment?.body.split(whole)).toHaveLength(8)
    expect(deliverable).toMatchObject({ title: `About ${whole}`, summary: whole })
    expect(log.split(whole).length).toBeGreaterThan(14)
    expect(run?.outcome).toMatchObject({ kind: 'failed', message: expect.stringContaining(whole) })
  })

  it('the variables of a project go before those of the agent, and a rotation reaches the next program', { timeout: 60_000 }, async () => {
    const { engine, companyId } = await open()
    const { createHash } = await import('node:crypto')
    const hashed = (text: string) => createHash('sha256').update(text).digest('hex')
    const script = `const h = (t) => require('node:crypto').createHash('sha256').update(t).digest('hex')
      console.log([process.env.OWN, process.env.SHARED, process.env.PLAIN].map(h).join(' '))`
    const { id: secretId } = await engine.secrets.create({ companyId, name: 'ONE', value: 'the first value' })
    await engine.secrets.create({ companyId, name: 'TWO', value: 'of the project' })
    const { id: agentId } = await engine.agents.create({
      companyId,
      name: 'Hasher',
      role: 'writer',
      adapterType: 'process',
      adapterConfig: {
        command: process.execPath,
        args: ['-e', script],
        env: { OWN: { secret: 'ONE' }, SHARED: 'of the agent', PLAIN: 'a' },
      },
    })
    const env = { SHARED: { secret: 'TWO' }, PLAIN: 'b' }
    const { id: projectId } = await engine.projects.create({ companyId, name: 'Shop', env })
    await engine.start()
    const run = async (more: object) => {
      const task = await engine.tasks.create({ companyId, title: 'Hash', assigneeAgentId: agentId, maxAttempts: 1, ...more })
      const ended = await until(
        async () => (await engine.runs.list({ companyId, taskId: task.id })).items[0],
        (found) => found?.status === 'succeeded',
      )
      return (await engine.runs.log({ runId: ended?.id ?? '' })).items
        .map(({ text }) => text)
        .join('')
        .trim()
        .split(' ')
    }
    expect(await run({})).toEqual(['the first value', 'of the agent', 'a'].map(hashed))
    await engine.secrets.rotate({ secretId, value: 'the second value' })
    expect(await run({ projectId })).toEqual(['the second value', 'of the project', 'b'].map(hashed))
  })
})

describe('engine serve', () => {
  const bin = new URL('../packages/cli/src/bin.ts', import.meta.url)
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ENGINE_')))

  async function start(folder: string, more: Record<string, string> = {}) {
    const server = startProgram(bin, { args: ['serve', '--port', '0', '--no-demo'], cwd: folder, env: more })
    const [, url = ''] = await server.printed(/ready on (http:\S+)/)
    return { server, url }
  }

  it('makes a key that only its owner may read, and uses it again', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'data', 'secret.key')
    const first = await start(folder)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(folder, 'data')).filter((name) => name.startsWith('secret.key'))).toEqual(['secret.key'])
    const key = readFileSync(file, 'utf8')
    expect(Buffer.from(key, 'base64')).toHaveLength(32)
    first.server.child.kill('SIGTERM')
    await first.server.exited
    const again = await start(folder)
    again.server.child.kill('SIGTERM')
    await again.server.exited
    expect(readFileSync(file, 'utf8')).toBe(key)
  })

  it.each([
    [
      'a key that others may read',
      (file: string) => writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o644 }),
      {},
      /chmod 600/,
    ],
    [
      'a file that holds no key',
      (file: string) => writeFileSync(file, 'hello', { mode: 0o600 }),
      {},
      /secret\.key can not be used: .*bytes/,
    ],
    [
      'a weak key',
      () => undefined,
      { ENGINE_SECRET_KEY: Buffer.alloc(32).toString('base64') },
      /ENGINE_SECRET_KEY can not be used: .*not random/,
    ],
  ])('does not start with %s', (...[, prepare, more, message]) => {
    const folder = temporaryFolder()
    prepare(join(folder, 'secret.key'))
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--conditions=engine-source', fileURLToPath(bin), 'serve', '--port', '0', '--data-dir', folder],
      { encoding: 'utf8', cwd: folder, env: { ...environment, ...more, NODE_OPTIONS: '' } },
    )
    expect(status).toBe(1)
    expect(stderr).toMatch(message)
  })
})
