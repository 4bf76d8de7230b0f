import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

import { describe, expect, it, onTestFinished } from 'vitest'

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as LegacyStdio } from '@modelcontextprotocol/sdk/client/stdio.js'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'

import { createEngine, systemActor, type Engine, type JsonObject, type JsonValue, type Storage } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'

import { createWorld } from './http-fixtures.ts'
import { furnishCompany } from './http-routes.ts'
import { connect, generations, serveMcp, wrap, type Generation, type McpClient, type ToolAnswer } from './mcp-fixtures.ts'
import { createWorld as createWorldOn } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'

const repository = resolve(import.meta.dirname, '..')
const bridge = ['--conditions=engine-source', join(repository, 'packages/mcp/src/bin.ts')]
const command = ['--conditions=engine-source', join(repository, 'packages/cli/src/bin.ts'), 'mcp']

type Answering = (form: JsonObject) => JsonObject

interface Started {
  readonly args: string[]
  readonly env: Record<string, string>
  readonly answer?: Answering
}

/** The official client of a generation, which starts a program and speaks with it over its input and output. */
async function start(generation: Generation, { args, env, answer }: Started): Promise<McpClient> {
  const program = { command: process.execPath, args, env: { PATH: process.env['PATH'] ?? '', ...env } }
  const capabilities = answer ? { elicitation: {} } : {}
  const filled = (params: unknown) => ({ action: 'accept' as const, content: (answer ?? (() => ({})))(params as JsonObject) })
  if (generation === '2026-07-28') {
    const client = new Client({ name: 'test', version: '1' }, { capabilities, versionNegotiation: { mode: { pin: generation } } })
    // What a form is filled with are values of the types that it names.
    if (answer) client.setRequestHandler('elicitation/create', async ({ params }) => filled(params) as { action: 'accept' })
    await client.connect(new StdioClientTransport(program))
    return wrap(client)
  }
  const client = new LegacyClient({ name: 'test', version: '1' }, { capabilities })
  if (answer) client.setRequestHandler(ElicitRequestSchema, async ({ params }) => filled(params) as { action: 'accept' })
  await client.connect(new LegacyStdio(program))
  const callTool = (params: { name: string; arguments: Record<string, unknown> }) => client.callTool(params)
  return wrap({ listTools: () => client.listTools(), callTool, close: () => client.close() }, client)
}

const page = readFileSync(new URL('../docs/mcp.md', import.meta.url), 'utf8')
const day = JSON.parse(/^```json\n(\[[\s\S]*?)^```/m.exec(page)?.[1] ?? '[]') as [tool: string, input: JsonObject][]

/** Makes the calls of the page, and gives back what each tool answered. */
async function workThrough(client: McpClient): Promise<Map<string, ToolAnswer>> {
  const known = new Map<string, JsonValue>()
  const answers = new Map<string, ToolAnswer>()
  for (const [tool, input] of day) {
    const filled = Object.entries(input).map(([field, value]) => [field, (typeof value === 'string' && known.get(value)) || value])
    const answer = await client.call(tool, Object.fromEntries(filled) as JsonObject)
    expect([tool, answer.isError, answer.isError ? answer.output : '']).toEqual([tool, false, ''])
    const { credential, task, run } = answer.output
    if (typeof credential === 'string') {
      known.set('$credential', credential)
      known.set('$taskId', Object(task).id)
      known.set('$runId', Object(run).id)
    }
    answers.set(tool, answer)
  }
  return answers
}

/** A company with an agent whose work is done elsewhere, and two tasks for it. */
async function openCompany(storage?: Storage) {
  const world = await createWorldOn({ ...(storage && { storage }), agentMode: 'manual' })
  const { engine, companyId, agentId } = world
  const { key } = await engine.keys.create({ agentId, name: 'laptop' })
  await engine.tasks.create({ companyId, title: 'Write the report', assigneeAgentId: agentId, priority: 'high' })
  await engine.tasks.create({ companyId, title: 'Another day', assigneeAgentId: agentId, priority: 'low' })
  return { ...world, key }
}

async function expectDayDone(engine: Engine, companyId: string, answers: Map<string, ToolAnswer>): Promise<void> {
  expect(answers.get('tasks_inbox')?.texts[0]).toContain('Write the report')
  expect(answers.get('interactions_ask')?.texts[1]).toMatch(/waits for a person.*\/api\/interactions\//)
  expect(answers.get('runs_report')?.output['status']).toBe('succeeded')
  const [deliverable] = (await engine.deliverables.list({ companyId })).items
  expect(deliverable).toMatchObject({ title: 'Report', status: 'pending' })
  const [question] = (await engine.interactions.list({ companyId })).items
  expect(question).toMatchObject({ status: 'pending', askedBy: { kind: 'agent', runId: expect.any(String) } })
  expect((await engine.tasks.list({ companyId, status: 'todo' })).items.map(({ title }) => title)).toEqual(['Another day'])
}

describe.each(generations)('an agent with a client of %s', (generation) => {
  it('does its whole day over HTTP with its key alone', async () => {
    const { engine, companyId, key } = await openCompany()
    onTestFinished(() => engine.stop())
    await expectDayDone(engine, companyId, await workThrough(await connect(await serveMcp(engine), key, generation)))
  })

  it('does its whole day by a program that it starts, on a server elsewhere', async () => {
    const { engine, companyId, key } = await openCompany()
    onTestFinished(() => engine.stop())
    const env = { ENGINE_URL: await serveMcp(engine), ENGINE_API_KEY: key }
    const client = await start(generation, { args: bridge, env })
    const direct = await connect(env.ENGINE_URL, key, generation)
    expect(await client.tools()).toEqual(await direct.tools())
    await expectDayDone(engine, companyId, await workThrough(client))
    expect((await client.call('tasks_get', { taskId: 'NONE-1' })).output['code']).toBe('not_found')
    await expect(client.ask('readResource', { uri: 'engine://tasks/NONE-1/context' })).rejects.toThrow(/There is no task/)
  })
  it('does its whole day by engine mcp, on a database without a server', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'engine.db')
    const { engine, companyId, key } = await openCompany(sqlite(file))
    await engine.stop()
    const env = { DATABASE_URL: `file:${file}`, ENGINE_DATA_DIR: folder, ENGINE_API_KEY: key }
    const client = await start(generation, { args: command, env })
    const answers = await workThrough(client)
    await client.close()
    const again = await createEngine({ storage: sqlite(file) })
    onTestFinished(() => again.stop())
    await expectDayDone(again, companyId, answers)
  })
})

describe('a question to the person at a client', () => {
  const asks: [kind: string, ask: JsonObject, content: JsonObject, expected: object][] = [
    ['a question', { kind: 'question', prompt: 'Why?' }, { text: 'Because.' }, { status: 'answered', answer: { text: 'Because.' } }],
    [
      'a choice',
      {
        kind: 'question',
        prompt: 'Which?',
        choices: [
          { key: 'a', label: 'Red' },
          { key: 'b', label: 'Blue' },
        ],
        allowsText: false,
      },
      { choice: 'b' },
      { status: 'answered', answer: { choice: 'b' } },
    ],
    ['a confirmation, yes', { kind: 'confirmation', prompt: 'OK?' }, { accept: true }, { status: 'accepted' }],
    ['a confirmation, no', { kind: 'confirmation', prompt: 'OK?' }, { accept: false }, { status: 'rejected' }],
    [
      'suggested tasks',
      {
        kind: 'suggested_tasks',
        prompt: 'These?',
        tasks: [
          { key: 'x', title: 'One' },
          { key: 'y', title: 'Two' },
        ],
      },
      { x: false, y: true },
      { status: 'accepted', answer: { tasks: [{ key: 'y', taskId: expect.any(String) }] } },
    ],
    [
      'checkboxes',
      {
        kind: 'checkboxes',
        prompt: 'What?',
        items: [
          { key: 'x', label: 'One' },
          { key: 'y', label: 'Two' },
        ],
      },
      { x: true, y: false },
      { status: 'answered', answer: { checked: ['x'] } },
    ],
    [
      'verdicts',
      { kind: 'verdicts', prompt: 'Each?', items: [{ key: 'x', label: 'One' }] },
      { x: 'reject' },
      { status: 'answered', answer: { verdicts: [{ key: 'x', verdict: 'reject' }] } },
    ],
  ]

  async function openQuestion(ask: JsonObject = { kind: 'question', prompt: 'Why?' }) {
    const { engine, dump } = await createWorld()
    const mine = await furnishCompany(engine, 'Acme')
    // What the tests ask is an Ask.
    const { id } = (await engine.execute('interactions.ask', { actor: systemActor, input: { taskId: mine.taskId, ask } })) as { id: string }
    return { engine, dump, mine, url: await serveMcp(engine), interactionId: id }
  }

  async function connectWithForms(url: string, key: string, answer: (form: JsonObject) => object): Promise<McpClient> {
    const options = { capabilities: { elicitation: {} }, versionNegotiation: { mode: { pin: '2026-07-28' } } }
    const client = new Client({ name: 'test', version: '1' }, options)
    client.setRequestHandler('elicitation/create', async ({ params }) => answer(params as unknown as JsonObject) as { action: 'accept' })
    const requestInit = { headers: { authorization: `Bearer ${key}` } }
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit }))
    return wrap(client)
  }

  it.each(asks)('is put as a form, and answered by what they fill in: %s', async (...[, ask, content, expected]) => {
    const { mine, url, interactionId } = await openQuestion(ask)
    const forms: JsonObject[] = []
    const client = await connectWithForms(url, mine.memberKey, (form) => (forms.push(form), { action: 'accept', content }))
    const { isError, output } = await client.call('interactions_answer', { interactionId })
    expect([isError, output]).toEqual([false, expect.objectContaining(expected)])
    expect(output['answeredBy']).toEqual({ kind: 'user', id: mine.memberUserId })
    expect(forms).toEqual([expect.objectContaining({ message: ask['prompt'] })])
    expect(Object.keys(Object(Object(forms[0]?.['requestedSchema']).properties))).toEqual(expect.arrayContaining(Object.keys(content)))
  })

  it.each(generations)('is put by a program that a client of %s starts', async (generation) => {
    const { mine, url, interactionId } = await openQuestion()
    const env = { ENGINE_URL: url, ENGINE_API_KEY: mine.memberKey }
    const client = await start(generation, { args: bridge, env, answer: () => ({ text: 'Because.' }) })
    const { isError, output } = await client.call('interactions_answer', { interactionId })
    expect([isError, output['status'], output['answer']]).toEqual([false, 'answered', { text: 'Because.' }])
  })

  it.each(['decline', 'cancel'])('goes on waiting when they %s', async (action) => {
    const { engine, mine, url, interactionId } = await openQuestion()
    const client = await connectWithForms(url, mine.memberKey, () => ({ action }))
    const { isError, texts } = await client.call('interactions_answer', { interactionId })
    expect([isError, texts[1]]).toEqual([false, expect.stringContaining('goes on waiting')])
    expect((await engine.interactions.get({ interactionId })).status).toBe('pending')
  })

  it.each(generations)('is told to a client of %s that can show no form, with where it waits', async (generation) => {
    const { engine, mine, url, interactionId } = await openQuestion()
    const client = await connect(url, mine.memberKey, generation)
    const { isError, output } = await client.call('interactions_answer', { interactionId })
    expect([isError, output['code'], output['message']]).toEqual([true, 'nobody_to_ask', expect.stringContaining(interactionId)])
    expect(output['details']).toEqual({ ask: { kind: 'question', prompt: 'Why?' } })
    const answered = await client.call('interactions_answer', { interactionId, text: 'Because.' })
    expect([answered.isError, (await engine.interactions.get({ interactionId })).status]).toEqual([false, 'answered'])
  })

  it('is never answered by the client of an agent, whatever its person would say', async () => {
    const { mine, url, interactionId, dump } = await openQuestion()
    for (const key of [mine.agentKey, mine.credential]) {
      const client = await connectWithForms(url, key, () => Promise.reject(new Error('nobody is to be asked')))
      await client.call('companies_list')
      const before = await dump()
      expect((await client.call('interactions_answer', { interactionId })).output['code']).toBe('forbidden')
      expect((await client.call('interactions_answer', { interactionId, text: 'Yes' })).output['code']).toBe('forbidden')
      expect(await dump()).toBe(before)
    }
  })
})

describe('a program that is started wrongly', () => {
  const key = 'eng_agent_01_hushhush'
  const starts: [why: string, args: string[], env: Record<string, string>, says: RegExp][] = [
    ['without an address', bridge, { ENGINE_API_KEY: key }, /ENGINE_URL/],
    ['for an address that is not safe', bridge, { ENGINE_URL: 'http://engine.example.com', ENGINE_API_KEY: key }, /https/],
    ['without a key', bridge, { ENGINE_URL: 'http://127.0.0.1:1' }, /ENGINE_API_KEY/],
    ['on a database, without a key', command, { DATABASE_URL: 'file::memory:' }, /ENGINE_API_KEY/],
    ['on a database that does not know the key', command, { DATABASE_URL: 'file::memory:', ENGINE_API_KEY: key }, /opens nothing/],
  ]

  it.each(starts)('says why on its error output alone, and ends: %s', async (...[, args, env, says]) => {
    const folder = temporaryFolder()
    const child = spawn(process.execPath, args, { env: { PATH: process.env['PATH'], ENGINE_DATA_DIR: folder, ...env } })
    const [out, error, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
    expect([code === 0, out]).toEqual([false, ''])
    expect(error).toMatch(says)
    expect(error).not.toContain('hushhush')
  })

  it('tells its client when the server is not there', async () => {
    const client = await start('2025-11-25', { args: bridge, env: { ENGINE_URL: 'http://127.0.0.1:9', ENGINE_API_KEY: key } })
    await expect(client.tools()).rejects.toThrow(/127\.0\.0\.1:9 can not be used/)
  })
})
