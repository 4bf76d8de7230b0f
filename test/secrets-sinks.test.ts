import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import { processAdapter } from '@engine/adapters/process'
import { createEngine, localSecrets, toolName, type JsonObject, type Logger } from '@engine/core'
import { serve } from '@engine/http'
import { mcpEndpoint } from '@engine/mcp'
import { sqlite } from '@engine/storage-sqlite'
import { memoryBlobs } from '@engine/testing'

import { connect, generations, toolsOf } from './mcp-fixtures.ts'
import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

/** Says its secret wherever something is shown. */
const teller = `
const key = process.env.API_KEY
const say = (engine, fields) => console.log(JSON.stringify({ engine, ...fields }))
console.log('log ' + key)
say('progress', { percent: 50, message: 'at ' + key })
say('comment', { body: 'the key is ' + key })
say('deliverable', { title: 'About ' + key, summary: key, content: '# ' + key, contentType: 'text/markdown' })
say('outcome', { outcome: { kind: 'done', summary: 'with ' + key } })
`

const bin = fileURLToPath(new URL('../packages/cli/src/bin.ts', import.meta.url))

/** What somebody who looks at this server and its files would see, by where they look. */
interface Seen {
  readonly where: string
  readonly text: string
}

async function open() {
  const folder = temporaryFolder()
  const logged: Seen[] = []
  const log = (message: string, fields?: object) => void logged.push({ where: 'log', text: message + JSON.stringify(fields ?? {}) })
  const logger: Logger = { debug: log, info: log, warn: log, error: log }
  const engine = await createEngine({
    storage: sqlite(join(folder, 'engine.db')),
    adapters: [processAdapter({ programs: 'any' })],
    blobs: memoryBlobs(),
    secrets: localSecrets({ key: randomBytes(32) }),
    logger,
    settings: { pollMs: 20 },
  })
  onTestFinished(() => engine.stop())
  const server = await serve({ engine, port: 0, logger, mcp: (ready) => mcpEndpoint(ready, { logger }) })
  onTestFinished(() => server.close())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  return { engine, folder, logged, companyId, url: server.url }
}

type World = Awaited<ReturnType<typeof open>>

/** A run of a real program that is given the secret and says it everywhere. */
async function tell({ engine, companyId }: World) {
  const adapterConfig = { command: process.execPath, args: ['-e', teller] }
  const { id: agentId } = await engine.agents.create({ companyId, name: 'Teller', role: 'writer', adapterType: 'process', adapterConfig })
  const { id: taskId } = await engine.tasks.create({ companyId, title: 'Tell', assigneeAgentId: agentId, maxAttempts: 1 })
  await engine.start()
  const run = await until(
    async () => (await engine.runs.list({ companyId, taskId })).items[0],
    (found) => found?.status === 'succeeded',
  )
  const [deliverable] = (await engine.deliverables.list({ companyId })).items
  return { agentId, taskId, runId: run?.id ?? '', deliverableId: deliverable?.id ?? '' }
}

/** Each GET of the API that has all of its ids, as its server answers. */
async function answers({ engine, url }: World, ids: Record<string, string>): Promise<Seen[]> {
  const seen: Seen[] = []
  for (const { definition } of engine.registry.operations) {
    const [method, path] = definition.http ?? ['POST', '']
    const filled = path.replaceAll(/:(\w+)/g, (whole, name: string) => ids[name] ?? whole)
    if (method !== 'GET' || filled.includes(':')) continue
    const response = await fetch(`${url}/api${filled}${filled.endsWith('/search') ? '?query=key' : ''}`)
    seen.push({ where: `GET ${path}`, text: await response.text() })
  }
  for (const path of ['/', '/metrics', '/api/health/ready', '/api/openapi.json', '/api/docs'])
    seen.push({ where: path, text: await (await fetch(url + path, { headers: { accept: 'text/html, */*' } })).text() })
  return seen
}

/** What a call that is refused says, although the value stood in it. */
async function refusals({ url }: World, given: { companyId: string; secretId: string; value: string }): Promise<Seen[]> {
  const { companyId, secretId, value } = given
  const calls: [string, JsonObject | string][] = [
    [`/companies/${companyId}/secrets`, { name: 'CANARY', value }],
    [`/companies/${companyId}/secrets`, { name: 'not a name', value }],
    [`/companies/${companyId}/secrets`, { name: 'OTHER', value, more: value }],
    [`/companies/${companyId}/secrets`, { name: value, value }],
    [`/companies/${companyId}/secrets`, `{"name":"OTHER","value":"${value}"`],
    [`/companies/${companyId}/secrets`, `${value}`],
    [`/secrets/${secretId}/rotate`, { value, version: value }],
    [`/secrets/${secretId}/bind`, { target: value, as: 'X' }],
    [`/secrets/${value}/rotate`, { value }],
  ]
  return Promise.all(
    calls.map(async ([path, body]) => {
      const sent = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await fetch(`${url}/api${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: sent })
      expect(response.status, `${path} ${sent}`).toBeGreaterThanOrEqual(400)
      return { where: `refusal of ${path}`, text: await response.text() }
    }),
  )
}

/** Every tool that reads, and every resource, by clients of both generations. */
async function tools(world: World, ids: Record<string, string>): Promise<Seen[]> {
  const { engine, url, companyId } = world
  const { key: token } = await engine.invites.create({ companyId, role: 'owner' })
  const { key } = await engine.invites.accept({ token, name: 'Owner' })
  const seen: Seen[] = []
  for (const generation of generations) {
    const client = await connect(url, key, generation)
    for (const operation of toolsOf(engine)) {
      if (operation.definition.kind !== 'query') continue
      const known = Object.keys(operation.definition.input.shape).filter((field) => ids[field] !== undefined)
      const input = Object.fromEntries(known.map((field) => [field, ids[field] ?? null]))
      const { output, texts } = await client.call(toolName(operation), input)
      seen.push({ where: `tool ${operation.name}`, text: JSON.stringify(output) + texts.join('') })
    }
    const context = { uri: `engine://tasks/${ids['taskId']}/context` }
    seen.push({ where: 'resource', text: JSON.stringify(await client.ask('readResource', context)) })
  }
  return seen
}

async function command(url: string, words: readonly string[]): Promise<Seen> {
  const env = { ...process.env, NODE_OPTIONS: '', ENGINE_URL: url }
  const child = spawn(process.execPath, ['--conditions=engine-source', bin, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { where: `engine ${words.join(' ')}`, text: out + error }
}

describe.runIf(process.platform === 'linux')('a secret that a run told everywhere', () => {
  it('is in no answer, no stream, no package and no line of a command', { timeout: 120_000 }, async () => {
    const world = await open()
    const { engine, folder, logged, companyId, url } = world
    const value = `canary-${randomBytes(16).toString('hex')}`
    const { id: secretId } = await engine.secrets.create({ companyId, name: 'CANARY', value })
    await engine.secrets.bind({ secretId, target: 'company', as: 'API_KEY' })
    const made = await tell(world)
    const ids: Record<string, string> = { companyId, secretId, ...made }

    const stream = await fetch(`${url}/api/companies/${companyId}/events?after=0`, { headers: { accept: 'text/event-stream' } })
    const events: string[] = []
    for await (const chunk of stream.body ?? []) {
      events.push(Buffer.from(chunk).toString())
      if (events.join('').includes('run.succeeded')) break
    }
    await engine.backup(join(folder, 'copy.db'))
    const commands = [
      ['runs', 'log', made.runId],
      ['deliverables', 'get', made.deliverableId, '--json'],
      ['secrets', 'get', secretId, '--json'],
    ]
    const seen = [
      ...(await answers(world, ids)),
      ...(await refusals(world, { companyId, secretId, value })),
      ...(await tools(world, ids)),
      ...(await Promise.all(commands.map((words) => command(url, words)))),
      { where: 'event stream', text: events.join('') },
      { where: 'package', text: JSON.stringify(await engine.companies.export({ companyId })) },
      { where: 'backup', text: readFileSync(join(folder, 'copy.db'), 'latin1') },
      ...logged,
    ]
    expect(seen.filter((each) => each.text.includes(value)).map(({ where }) => where)).toEqual([])
    // It was said in each of these, and blotted out.
    const blotted = new Set(seen.filter((each) => each.text.includes('[secret CANARY]')).map(({ where }) => where))
    const places = ['GET /runs/:runId/log', 'GET /deliverables/:deliverableId', 'tool comments.list', 'resource', 'event stream', 'backup']
    expect(places.filter((where) => !blotted.has(where))).toEqual([])
    expect(blotted).toContain(`engine runs log ${made.runId}`)
    expect(seen.length).toBeGreaterThan(150)
  })
})
