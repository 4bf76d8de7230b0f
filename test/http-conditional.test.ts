import { describe, expect, it } from 'vitest'

import { createClient } from '@engine/client'
import { coreRegistry } from '@engine/core'
import { createHandler, localOperator, webHandler } from '@engine/http'

import { callHandler, createCompany, createWorld } from './http-fixtures.ts'
import { furnishCompany, keyFor, requestOf, routesOf, type FurnishedCompany, type Route } from './http-routes.ts'

const registry = coreRegistry()
const shapeOf = (name: string) => Object(registry.get(name)?.definition)
const hasField = (schema: { shape?: object }, fields: readonly string[]) => fields.some((field) => field in (schema.shape ?? {}))

const counted = routesOf(registry).filter(
  ({ name, method }) => method === 'GET' && hasField(shapeOf(name).output, ['version', 'currentRevision']),
)
const guarded = routesOf(registry).filter(
  ({ name, method }) => method !== 'GET' && hasField(shapeOf(name).input, ['version', 'baseRevision']),
)
const unguarded = routesOf(registry).filter(({ name, method }) => method !== 'GET' && !guarded.some((route) => route.name === name))

function credentialOf(route: Route, company: FurnishedCompany): { credential?: string } {
  const given = keyFor(route, company)
  return 'key' in given ? { credential: given.key } : {}
}

async function furnished() {
  const world = await createWorld()
  const company = await furnishCompany(world.engine, 'Acme')
  return { ...world, company, call: callHandler({ engine: world.engine, localActor: localOperator }) }
}

describe('what is counted by a version', () => {
  it('is many a thing, to be read and to be changed', () => {
    expect(counted.length).toBeGreaterThan(15)
    expect(guarded.length).toBeGreaterThan(20)
  })

  it('has an ETag, by which it is not sent again', async () => {
    const { call, company } = await furnished()
    for (const route of counted) {
      const { path } = requestOf(route, company, company)
      const credential = credentialOf(route, company)
      const ask = (tag?: string) => call('GET', path, { ...credential, ...(tag !== undefined && { headers: { 'if-none-match': tag } }) })
      const first = await ask()
      const etag = first.headers.get('etag') ?? ''
      const { version, currentRevision } = Object(first.body)
      const counter = version ?? currentRevision
      expect(etag, route.name).toMatch(new RegExp(`^"${counter}-[\\w-]{16}"$`))
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
        const again = await ask(known)
        expect([again.status, again.text, again.headers.get('etag')], route.name).toEqual([304, '', etag])
      }
      const changed = await ask(`"${counter}"`)
      expect([changed.status, changed.text], route.name).toEqual([200, first.text])
    }
  })

  it('is not changed against a version that is not the present one', async () => {
    const { call, company, dump } = await furnished()
    const before = await dump()
    for (const route of guarded) {
      const { path, sent } = requestOf(route, company, company)
      const headers = { 'if-match': '"4711"' }
      const answer = await call(route.method, path, { ...sent, ...credentialOf(route, company), headers })
      // What is not there yet, and would be new, is at no version either.
      expect(['412 version_conflict', '404 not_found'], route.name).toContain(`${answer.status} ${answer.at('code')}`)
      if (route.method !== 'POST') expect(answer.status, route.name).toBe(412)
    }
    expect(await dump()).toBe(before)
  })

  it('is what conditions are for: everything else refuses them instead of passing over them', async () => {
    const { call, company, dump } = await furnished()
    // Keys say when they were last used, which a refused call is too.
    const rows = async () => (await dump()).replaceAll(/"last_used_at":[^,]+/g, '')
    const before = await rows()
    for (const route of unguarded) {
      const { path, sent } = requestOf(route, company, company)
      const credential = route.name === 'routines.receive' ? { credential: company.hookKey } : credentialOf(route, company)
      const answer = await call(route.method, path, { ...sent, ...credential, headers: { 'if-match': '"1"' } })
      expect([answer.status, answer.at('code')], route.name).toEqual([400, 'invalid_input'])
    }
    expect(await rows()).toBe(before)
  })
})

describe('a change with If-Match', () => {
  it('is made against what was read, and tells who was too late the present version', async () => {
    const { engine } = await createWorld()
    const { taskId } = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const path = `/api/tasks/${taskId}`
    const read = await call('GET', path)
    const headers = { 'if-match': read.headers.get('etag') ?? '' }
    expect((await call('PATCH', path, { body: { title: 'First' }, headers })).status).toBe(200)
    const late = await call('PATCH', path, { body: { title: 'Second' }, headers })
    const { version, title } = await engine.tasks.get({ taskId })
    expect([late.status, late.body]).toMatchObject([412, { code: 'version_conflict', currentVersion: version, status: 412 }])
    expect(title).toBe('First')
    for (const good of [`"${version}"`, `W/"${version}-abc"`, '*'])
      expect((await call('PATCH', path, { body: { title: 'First', priority: 'high' }, headers: { 'if-match': good } })).status).not.toBe(
        400,
      )
  })

  it('answers 409 as ever where the version stands in the body', async () => {
    const { engine } = await createWorld()
    const { taskId } = await createCompany(engine, 'Acme')
    const answer = await callHandler({ engine, localActor: localOperator })('PATCH', `/api/tasks/${taskId}`, {
      body: { title: 'T', version: 99 },
    })
    expect([answer.status, answer.at('code')]).toEqual([409, 'version_conflict'])
  })

  it.each(['7', '""', '"x"', '"1", "2"', '"-1"', `"${'9'.repeat(30)}"`, ''])('is refused when it says %j', async (match) => {
    const { engine, dump } = await createWorld()
    const { taskId } = await createCompany(engine, 'Acme')
    const before = await dump()
    const answer = await callHandler({ engine, localActor: localOperator })('PATCH', `/api/tasks/${taskId}`, {
      body: { title: 'T' },
      headers: { 'if-match': match },
    })
    expect([answer.status, answer.at('code')]).toEqual([400, 'invalid_input'])
    expect(await dump()).toBe(before)
  })

  it('may not contradict the version in the body', async () => {
    const { engine } = await createWorld()
    const { taskId } = await createCompany(engine, 'Acme')
    const answer = await callHandler({ engine, localActor: localOperator })('PATCH', `/api/tasks/${taskId}`, {
      body: { title: 'T', version: 1 },
      headers: { 'if-match': '"2"' },
    })
    expect([answer.status, answer.at('code')]).toEqual([400, 'invalid_input'])
  })

  it('shows what is not its own as changed, though its version is the same', async () => {
    const { engine } = await createWorld()
    const { agentId, runId } = await createCompany(engine, 'Acme')
    const call = callHandler({ engine, localActor: localOperator })
    const before = await call('GET', `/api/agents/${agentId}`)
    await engine.runs.cancel({ runId })
    const after = await call('GET', `/api/agents/${agentId}`, { headers: { 'if-none-match': before.headers.get('etag') ?? '' } })
    expect([before.at('status'), after.status, after.at('status')]).toEqual(['running', 200, 'idle'])
  })

  it('is what the client sends for the version that it has read', async () => {
    const { engine } = await createWorld()
    const { taskId } = await createCompany(engine, 'Acme')
    const client = createClient({ url: 'http://localhost', fetch: webHandler(createHandler({ engine, localActor: localOperator })) })
    const { version } = await client.tasks.get({ taskId })
    const { version: next } = await client.tasks.update({ taskId, title: 'First' }, { ifVersion: version })
    await expect(client.tasks.update({ taskId, title: 'Second' }, { ifVersion: version })).rejects.toMatchObject({
      code: 'version_conflict',
      kind: 'conflict',
      status: 412,
      details: { currentVersion: next },
    })
  })
})
