import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

import { describe, expect, it, onTestFinished } from 'vitest'

import { permissions, type EngineSettings } from '@engine/core'

import { createWorld as createStillWorld, overNetwork, serveWorld } from './http-fixtures.ts'
import { furnishCompany, requestOf, routesOf } from './http-routes.ts'
import { board, createWorld, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const run = promisify(execFile)
const hasTools = ['curl', 'jq', 'bash'].every((program) => spawnSync(program, ['--version']).status === 0)

/** A company with an agent whose work is done elsewhere, and a task for it; all that the agent has is the address and its key. */
async function open(database = 'sqlite', settings: Partial<EngineSettings> = {}) {
  const world = await createWorld({ storage: await newStorage(database), agentMode: 'manual', settings })
  onTestFinished(() => world.engine.stop())
  const { engine, companyId, agentId } = world
  const { key } = await engine.keys.create({ agentId, name: 'laptop' })
  const { url } = await serveWorld(engine)
  const add = (title: string, more = {}) => engine.as(board).tasks.create({ companyId, title, assigneeAgentId: agentId, ...more })
  return { ...world, key, url, add }
}

interface Link {
  readonly method: string
  readonly path: string
}

describe.each(['sqlite', 'postgres'])('an external agent, on %s', (database) => {
  it('has as many attempts at a task as any other, and so many again when somebody has looked into it', async () => {
    const { engine, companyId, url, key, add } = await open(database)
    const { id: taskId } = await add('Write the report', { maxAttempts: 3 })
    const call = overNetwork(url)
    const take = () => call('POST', '/api/agents/me/tasks/next', { credential: key })
    const end = async (outcome: object) => {
      const taken = await take()
      return call('POST', `/api/runs/${taken.at('run.id')}/report`, { credential: taken.at('credential'), body: { outcome } })
    }
    const failed = { kind: 'failed', class: 'transient', message: 'cut off' }
    const status = async () => (await engine.tasks.get({ taskId })).status
    await end(failed)
    // The provider let it not work, and a run that was given back was none: neither is an attempt.
    await end({ ...failed, class: 'rate_limited' })
    await call('POST', `/api/tasks/${taskId}/release`, { credential: (await take()).at('credential') })
    await end(failed)
    // It came further: what failed before does not count any more.
    await end({ kind: 'continue', afterMs: 0 })
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      expect(await status()).toBe('todo')
      await end(failed)
    }
    expect(await engine.tasks.get({ taskId })).toMatchObject({
      status: 'blocked',
      blocked: { reason: '3 of 3 attempts failed: cut off', owner: 'operator' },
    })
    expect((await take()).at('task')).toBe('null')
    await engine.tasks.update({ taskId, status: 'todo' })
    await end(failed)
    expect(await status()).toBe('todo')
    const { items } = await engine.runs.list({ companyId, taskId, limit: 100 })
    expect(items.map((each) => `${each.status} ${each.attempt}`)).toEqual([
      'failed 1',
      'failed 2',
      'cancelled 1',
      'failed 2',
      'succeeded 1',
      'failed 1',
      'failed 2',
      'failed 3',
      'failed 1',
    ])
  })

  it('that is silent again and again keeps its task from nobody: it is blocked when its attempts are used up', async () => {
    const { engine, companyId, url, key, add } = await open(database, { leaseMs: 50 })
    const { id: taskId } = await add('Write the report', { maxAttempts: 2 })
    await engine.start()
    const call = overNetwork(url)
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await call('POST', '/api/agents/me/tasks/next', { credential: key })
      await until(
        async () => (await engine.runs.list({ companyId, taskId })).items,
        (items) => items.length === attempt && items.every((each) => each.status === 'lost'),
      )
    }
    expect(await engine.tasks.get({ taskId })).toMatchObject({
      status: 'blocked',
      blocked: { reason: 'its run was lost in 2 of 2 attempts' },
    })
  })

  it('finds, does and hands in its work from its key and the links of its answers alone', async () => {
    const { engine, companyId, url, key, add } = await open(database)
    const task = await add('Write the report', { description: 'About chairs.', priority: 'high' })
    await add('Another day', { priority: 'low' })
    const call = overNetwork(url)
    let credential = key
    const linksOf = async () => {
      const me = await call('GET', '/api/agents/me', { credential })
      expect(me.status, me.text).toBe(200)
      return (me.body as { links: Record<string, Link> }).links
    }
    const follow = async (name: string, body?: object) => {
      const link = (await linksOf())[name]
      if (!link) throw new Error(`there is no link ${name}`)
      const answer = await call(link.method, link.path, { credential, ...(body && { body }) })
      expect(answer.status, `${name}: ${answer.text}`).toBeLessThan(300)
      return answer
    }
    const inbox = await follow('inbox')
    expect(inbox.at('items.0.reason')).toBe('assigned')
    expect(inbox.at('items.0.task.title')).toBe('Write the report')
    const taken = await follow('next')
    credential = taken.at('credential')
    expect((await follow('context')).at('task.description')).toBe('About chairs.')
    expect((await follow('task')).at('status')).toBe('in_progress')
    expect(Date.parse((await follow('heartbeat')).at('leaseExpiresAt'))).toBeGreaterThan(Date.now())
    await follow('log', { entries: [{ stream: 'stdout', text: 'reading' }] })
    await follow('progress', { percent: 50 })
    await follow('comment', { body: 'Half of it.' })
    expect((await follow('comments')).at('items.0.body')).toBe('Half of it.')
    await follow('ask', { ask: { kind: 'question', prompt: 'With tables?' } })
    const deliverable = await follow('submit', { title: 'Report', content: '# Report' })
    const usage = { inputTokens: 10, outputTokens: 2, cachedInputTokens: 0, costMicros: 7 }
    const ended = await follow('report', { outcome: { kind: 'needs_review' }, usage })
    expect(ended.body).toMatchObject({ status: 'succeeded', usage })
    await engine
      .as(board)
      .deliverables.review({ deliverableId: deliverable.at('id'), decision: 'revision_requested', feedback: 'Shorter.' })

    credential = key
    expect((await follow('inbox')).at('items.0.reason')).toBe('revision_requested')
    credential = (await follow('next')).at('credential')
    expect((await follow('context')).at('feedback.0.feedback')).toBe('Shorter.')
    expect((await follow('release', { reason: 'I am too verbose.' })).at('status')).toBe('todo')
    expect((await engine.tasks.get({ taskId: task.id })).assigneeAgentId).toBe(ended.at('agentId'))
    expect((await engine.events.list({ companyId, limit: 100 })).items.length).toBeGreaterThan(10)
  })

  it('has no link that is no route', async () => {
    const { engine, url, key, add } = await open(database)
    await add('Work')
    const call = overNetwork(url)
    const credential = (await call('POST', '/api/agents/me/tasks/next', { credential: key })).at('credential')
    const links: Link[] = []
    for (const each of [key, credential]) {
      const me = await call('GET', '/api/agents/me', { credential: each })
      links.push(...Object.values((me.body as { links: Record<string, Link> }).links))
    }
    const routes = new Set(
      engine.registry.operations.flatMap(({ definition }) => (definition.http ? [definition.http.join(' ').replaceAll(/:\w+/g, '*')] : [])),
    )
    const shape = ({ method, path }: Link) => `${method} ${path.replace('/api', '').replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\{\w+\}/g, '*')}`
    expect(links.length).toBeGreaterThan(15)
    for (const link of links) expect(routes).toContain(shape(link))
  })
})

describe('a run that lost its task', () => {
  it('is refused on every route that writes, and changes nothing', async () => {
    const { engine, dump } = await createStillWorld()
    const company = await furnishCompany(engine, 'Acme')
    const { call } = await serveWorld(engine)
    const { credential } = company
    await engine.runs.cancel({ runId: company.runId })
    const before = await dump()
    const refused: string[] = []
    for (const route of routesOf(engine.registry)) {
      const { definition } = engine.registry.get(route.name) ?? {}
      if (definition?.kind !== 'command' || definition.access.carriesCredential) continue
      const { path, sent } = requestOf(route, company, company)
      const answer = await call(route.method, path, { ...sent, credential })
      const isEver = permissions[definition.access.scope].run !== 'never'
      // Whatever a run may never do is refused for that, whether it has a task or not.
      expect([409, 403, ...(isEver ? [] : [404])], `${route.name}: ${answer.text}`).toContain(answer.status)
      if (answer.status === 409) expect(answer.at('code'), route.name).toBe('lease_lost')
      if (answer.at('code') === 'lease_lost') refused.push(route.name)
    }
    expect(refused).toEqual(
      expect.arrayContaining([
        'runs.heartbeat',
        'runs.appendLog',
        'runs.report',
        'tasks.progress',
        'tasks.complete',
        'tasks.block',
        'tasks.release',
        'tasks.create',
        'comments.create',
        'documents.put',
        'attachments.upload',
        'deliverables.submit',
        'interactions.ask',
        'approvals.request',
      ]),
    )
    expect(await dump()).toBe(before)
  })
})

describe('the page about external agents', () => {
  const page = readFileSync(new URL('../docs/external-agents.md', import.meta.url), 'utf8')
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '')

  it.runIf(hasTools)('shows commands that work, one after the other', async () => {
    const { engine, companyId, url, key, add } = await open()
    await add('Write the report', { description: 'About chairs.', priority: 'high' })
    await add('Another day', { priority: 'low' })
    const script = ['set -euo pipefail', ...blocks].join('\n')
    const { stdout } = await run('bash', ['-c', script], { env: { ...process.env, ENGINE: url, ENGINE_KEY: key } })
    for (const text of ['"Write the report"', 'ACM-1 Write the report', '"About chairs."', 'pending', 'succeeded', 'todo'])
      expect(stdout).toContain(text)
    expect(blocks).toHaveLength(5)
    const [reported] = (await engine.runs.list({ companyId, status: 'succeeded' })).items
    expect(reported?.usage).toEqual({ inputTokens: 1200, outputTokens: 80, cachedInputTokens: 0, costMicros: 5400 })
    expect((await engine.runs.log({ runId: reported?.id ?? '' })).items.map(({ text }) => text)).toEqual(['reading\n'])
    expect((await engine.tasks.list({ companyId, status: 'todo' })).items.map(({ title }) => title)).toEqual(['Another day'])
    expect((await engine.interactions.list({ companyId })).items).toHaveLength(1)
  })
})
