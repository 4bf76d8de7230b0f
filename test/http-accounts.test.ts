import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { Engine } from '@engine/core'
import { createHandler, localOperator, serve, type ServeOptions } from '@engine/http'
import { mcpEndpoint } from '@engine/mcp'
import { postgres } from '@engine/storage-postgres'

import { callHandler } from './http-fixtures.ts'
import { goodPassword, inviteWithPassword, openSetup, otherPassword, quickPasswords, setUp } from './support/accounts.ts'
import { createVisitor } from './support/browser-session.ts'
import { createWorld } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase } from './support/storages.ts'

async function open() {
  const world = await createWorld({ agentMode: 'manual', settings: { ...quickPasswords, pollMs: 50 } })
  onTestFinished(() => world.engine.stop())
  return world
}

async function serveWith(engine: Engine, options: Partial<ServeOptions> = {}) {
  const server = await serve({ engine, port: 0, mode: 'authenticated', mcp: (of) => mcpEndpoint(of), ...options })
  onTestFinished(() => server.close())
  return server.url
}

/** An owner who is logged in by a browser. */
async function logIn(url: string, given: { email: string; password?: string }) {
  const visitor = createVisitor(url)
  const answer = await visitor.send('POST', '/api/accounts/log-in', {
    body: { email: given.email, password: given.password ?? goodPassword },
  })
  expect(answer.status, answer.text).toBe(200)
  await visitor.readToken()
  return visitor
}

describe('a browser', () => {
  it('sets a server up, is logged in, sees what it may, and logs out', async () => {
    const { engine, companyId } = await open()
    const url = await serveWith(engine)
    const visitor = createVisitor(url)
    const first = await visitor.send('GET', '/')
    expect([first.status, first.headers.get('location')]).toEqual([303, '/login'])
    for (const path of ['/login', '/setup', '/password', '/invitation', '/login.js']) {
      const page = await visitor.send('GET', path)
      expect(page.status, path).toBe(200)
      expect(page.text).not.toMatch(/<script>|\son\w+=/)
    }
    expect((await visitor.send('GET', `/api/companies/${companyId}`)).status).toBe(401)
    const token = (await openSetup(engine)) ?? ''
    const body = { token, name: 'Ada', email: 'ada@example.com', password: goodPassword }
    const made = await visitor.send('POST', '/api/accounts/set-up', { body })
    expect(made.status, made.text).toBe(201)
    expect(made.body).toMatchObject({ person: { email: 'ada@example.com', role: 'owner' }, csrfToken: expect.any(String) })
    expect(made.text).not.toContain('eng_session_')
    expect((await visitor.send('GET', '/')).text).toContain('Log out')
    expect((await visitor.send('GET', `/api/companies/${companyId}`)).status).toBe(200)
    await visitor.readToken()
    const out = await visitor.send('POST', '/api/accounts/log-out', { body: {} })
    expect([out.status, visitor.cookie]).toEqual([200, null])
    expect((await visitor.send('GET', `/api/companies/${companyId}`)).status).toBe(401)
    expect((await visitor.send('GET', '/api/session')).body).toEqual({ mode: 'authenticated', person: null, csrfToken: null })
  })

  it('keeps its session in a cookie that no page reads and no other site sends', async () => {
    const { engine } = await open()
    const { email } = await setUp(engine)
    const logInAt = async (publicUrl: string) => {
      const handler = createHandler({ engine, accounts: { publicUrls: [publicUrl] } })
      const headers = new Headers({ host: new URL(publicUrl).host, 'content-type': 'application/json' })
      const body = Buffer.from(JSON.stringify({ email, password: goodPassword }))
      const answer = await handler({
        method: 'POST',
        url: new URL('http://engine.invalid/api/accounts/log-in'),
        header: (name) => headers.get(name),
        body: async () => body,
        signal: () => new AbortController().signal,
      })
      return answer.headers['set-cookie']
    }
    expect(await logInAt('https://engine.example')).toMatch(
      /^__Host-engine_session=eng_session_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure$/,
    )
    expect(await logInAt('http://localhost:4400')).toMatch(
      /^engine_session=eng_session_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/,
    )
  })

  it('is given a new token when it logs in, whatever it came with', async () => {
    const { engine } = await open()
    const { email, credential } = await setUp(engine)
    const url = await serveWith(engine)
    const visitor = createVisitor(url)
    for (const planted of [`eng_session_${'A'.repeat(43)}`, credential]) {
      visitor.takes({ cookie: `engine_session=${planted}`, csrfToken: null })
      const answer = await visitor.send('POST', '/api/accounts/log-in', { body: { email, password: goodPassword } })
      expect(answer.status, answer.text).toBe(200)
      expect(visitor.cookie).not.toContain(planted)
    }
    visitor.takes({ cookie: `engine_session=${credential}; engine_session=eng_session_${'B'.repeat(43)}` })
    expect((await visitor.send('GET', '/api/accounts/me')).status).toBe(401)
  })

  it('changes nothing without the token of its own session, from another page, or by a form', async () => {
    const { engine, companyId, watch } = await open()
    const { email } = await setUp(engine)
    const url = await serveWith(engine)
    const [visitor, other] = [await logIn(url, { email }), await logIn(url, { email })]
    const create = (headers: Record<string, string>, body: unknown = { title: 'Mine' }) =>
      visitor.send('POST', `/api/companies/${companyId}/goals`, { body, headers })
    const before = await watch.dump()
    const theirs = (await other.readToken()) ?? ''
    for (const token of ['', 'x', theirs]) {
      const refused = await create({ 'x-csrf-token': token })
      expect([refused.status, refused.body]).toMatchObject([403, { code: 'csrf_token' }])
    }
    for (const headers of [
      { origin: 'https://evil.com' },
      { origin: 'null' },
      { origin: url.replace('127.0.0.1', 'localhost') },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ])
      expect(await create(headers)).toMatchObject({ status: 403, body: { code: 'untrusted_origin' } })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect(await create({ 'content-type': type })).toMatchObject({ status: 400, body: { code: 'unsupported_media_type' } })
    expect(await watch.dump()).toBe(before)
    expect((await create({})).status).toBe(201)
  })

  it('needs no token with a key, which is no cookie', async () => {
    const { engine, companyId } = await open()
    const { key } = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    const url = await serveWith(engine)
    const byKey = createVisitor(url, { authorization: `Bearer ${key}` })
    expect((await byKey.send('POST', `/api/companies/${companyId}/goals`, { body: { title: 'Mine' } })).status).toBe(201)
    expect((await byKey.send('GET', '/api/sessions')).body).toMatchObject({ status: 403, code: 'not_logged_in' })
  })

  it('shows and ends its sessions, changes its password, and counts tries by the address behind a trusted proxy', async () => {
    const { engine } = await open()
    const { email } = await setUp(engine)
    const url = await serveWith(engine, { trustedProxies: ['127.0.0.1'] })
    const from = (address: string) => createVisitor(url, { 'x-forwarded-for': `6.6.6.6, ${address}` })
    const guess = (address: string) => from(address).send('POST', '/api/accounts/log-in', { body: { email, password: otherPassword } })
    for (let time = 0; time < 5; time += 1) expect((await guess('203.0.113.5')).status).toBe(401)
    const waits = await guess('203.0.113.5')
    expect([waits.status, Number(waits.headers.get('retry-after'))]).toEqual([429, 5])
    expect((await guess('203.0.113.6')).status).toBe(401)
    const visitor = await logIn(url, { email })
    const sessions = (await visitor.send('GET', '/api/sessions')).body as { items: { id: string; isCurrent: boolean; address: string }[] }
    expect(sessions.items.find(({ isCurrent }) => isCurrent)?.address).toBe('127.0.0.1')
    const others = sessions.items.filter(({ isCurrent }) => !isCurrent)
    expect((await visitor.send('POST', `/api/sessions/${others[0]?.id}/revoke`, { body: {} })).status).toBe(200)
    const body = { currentPassword: goodPassword, newPassword: otherPassword }
    expect((await visitor.send('POST', '/api/accounts/change-password', { body })).status).toBe(200)
    expect((await visitor.send('GET', '/api/accounts/me')).status).toBe(200)
  })

  it('accepts an invitation with a password and is logged in by it', async () => {
    const { engine, companyId } = await open()
    const { key: token } = await engine.invites.create({ companyId, role: 'operator', email: 'kim@example.com' })
    const visitor = createVisitor(await serveWith(engine))
    const body = { token, name: 'Kim', email: 'kim@example.com', password: goodPassword }
    const accepted = await visitor.send('POST', '/api/invites/accept', { body })
    expect(accepted.status, accepted.text).toBe(201)
    expect(accepted.text).not.toContain('eng_session_')
    expect((await visitor.send('GET', `/api/companies/${companyId}`)).status).toBe(200)
  })

  it('accepts an invitation as who is logged in with the token of that session only', async () => {
    const { engine, companyId } = await open()
    const { member: kim } = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    const url = await serveWith(engine)
    const visitor = await logIn(url, { email: 'kim@example.com' })
    const { id: otherId } = await engine.companies.create({ name: 'Beta' })
    const accept = async (headers: Record<string, string>) => {
      const { key: token } = await engine.invites.create({ companyId: otherId, role: 'viewer' })
      const { status, body, text } = await visitor.send('POST', '/api/invites/accept', { body: { token, name: 'Guest' }, headers })
      expect(status, text).toBe(201)
      return (body as { member: { userId: string } }).member.userId
    }
    expect(await accept({ 'x-csrf-token': '' })).not.toBe(kim.userId)
    expect(await accept({})).toBe(kim.userId)
  })
})

describe('what is open when a right is taken away', () => {
  /** Reads a stream to its end, which nobody but the server brings about. */
  async function listen(url: string, path: string, headers: Record<string, string>) {
    const answer = await fetch(`${url}${path}`, { headers: { accept: 'text/event-stream', ...headers } })
    expect(answer.status).toBe(200)
    return { ended: answer.text().then(() => performance.now()) }
  }

  async function scene() {
    const world = await open()
    const { engine, companyId, agentId } = world
    const url = await serveWith(engine)
    const kim = await inviteWithPassword(engine, { companyId, email: 'kim@example.com' })
    const visitor = await logIn(url, { email: 'kim@example.com' })
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const { run } = await engine.tasks.checkout({ taskId: task.id })
    const streams = [`/api/companies/${companyId}/events?after=latest`, `/api/runs/${run.id}/log`]
    return { ...world, url, kim, visitor, streams }
  }

  const ways: Record<string, (given: Awaited<ReturnType<typeof scene>>) => Promise<unknown>> = {
    'the session is revoked': async ({ visitor }) => {
      const { items } = (await visitor.send('GET', '/api/sessions')).body as { items: { id: string; isCurrent: boolean }[] }
      return visitor.send('POST', `/api/sessions/${items.find(({ isCurrent }) => isCurrent)?.id}/revoke`, { body: {} })
    },
    'its person logs out': ({ visitor }) => visitor.send('POST', '/api/accounts/log-out', { body: {} }),
    'an admin ends all sessions of the member': ({ engine, kim }) => engine.members.revokeSessions({ memberId: kim.member.id }),
    'the member is disabled': ({ engine, kim }) => engine.members.disable({ memberId: kim.member.id }),
    'the role of the member changes': ({ engine, kim }) => engine.members.update({ memberId: kim.member.id, role: 'viewer' }),
  }

  it.each(Object.keys(ways))('ends while nothing happens: %s', async (way) => {
    const given = await scene()
    const cookie = given.visitor.cookie ?? ''
    const open_ = await Promise.all(given.streams.map((path) => listen(given.url, path, { cookie })))
    await ways[way]?.(given)
    const revoked = performance.now()
    const ends = await Promise.all(open_.map(({ ended }) => ended))
    process.stdout.write(`streams ended ${ends.map((end) => Math.round(end - revoked)).join(' and ')} ms after: ${way}\n`)
  })

  it('ends in every process of the database', async () => {
    const url = await newDatabase()
    const [here, there] = await Promise.all(
      [0, 1].map(() => createWorld({ storage: postgres(url), agentMode: 'manual', settings: quickPasswords })),
    )
    if (!here || !there) throw new Error('there are two engines')
    onTestFinished(async () => void (await Promise.all([here.engine.stop(), there.engine.stop()])))
    const kim = await inviteWithPassword(here.engine, { companyId: here.companyId, email: 'kim@example.com' })
    const address = await serveWith(there.engine)
    const visitor = await logIn(address, { email: 'kim@example.com' })
    const { ended } = await listen(address, `/api/companies/${here.companyId}/events`, { cookie: visitor.cookie ?? '' })
    await here.engine.members.revokeSessions({ memberId: kim.member.id })
    await ended
  })

  it('ends with a key that is revoked, for streams by that key alone', async () => {
    const { engine, companyId, agentId, url, streams } = await scene()
    const keys = await Promise.all(['Laptop', 'Server'].map((name) => engine.keys.create({ agentId, name })))
    const by = (key: string) => listen(url, streams[0] ?? '', { authorization: `Bearer ${key}` })
    const [gone, stays] = await Promise.all(keys.map(({ key }) => by(key)))
    await engine.keys.revoke({ keyId: keys[0]?.id ?? '' })
    await gone?.ended
    let isOver = false
    void stays?.ended.then(() => (isOver = true))
    await engine.goals.create({ companyId, title: 'Go on' })
    expect(isOver).toBe(false)
    await engine.keys.revoke({ keyId: keys[1]?.id ?? '' })
    await stays?.ended
  })

  it('asks the database once for all of them, and not at all when nothing is open', async () => {
    const { engine, url, streams, visitor } = await scene()
    const asked: number[] = []
    const watched: Engine = {
      ...engine,
      authenticateAll: (credentials) => {
        asked.push(credentials.length)
        return engine.authenticateAll(credentials)
      },
    }
    const other = await serveWith(watched)
    const cookie = visitor.cookie ?? ''
    const open_ = await Promise.all(Array.from({ length: 20 }, () => listen(other, streams[0] ?? '', { cookie })))
    expect(url).not.toBe(other)
    await expect.poll(() => asked.length, { timeout: 10_000 }).toBeGreaterThan(2)
    expect(new Set(asked)).toEqual(new Set([1]))
    await visitor.send('POST', '/api/accounts/log-out', { body: {} })
    await Promise.all(open_.map(({ ended }) => ended))
    await new Promise((resolve) => setTimeout(resolve, 600))
    const after = asked.length
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(asked.length).toBe(after)
  })
})

describe('behind a proxy that takes off the path of its public address', () => {
  async function visit(board?: URL) {
    const { engine } = await open()
    const call = callHandler({ engine, accounts: { publicUrls: ['https://site.example/team'] }, ...(board && { board }) })
    return (path: string) => call('GET', path, { headers: { host: 'site.example', accept: 'text/html' } })
  }

  it('every page leads below that path, those of the API too', async () => {
    const get = await visit()
    for (const path of ['/login', '/api/docs', '/api/docs/errors'])
      expect((await get(path)).text, path).not.toMatch(/(href|src|data-url)="\/(?!team\/)/)
    expect((await get('/api/openapi.json')).body).toMatchObject({ servers: [{ url: '/team' }] })
    expect((await get('/api/nothing')).body).toMatchObject({ type: '/team/api/docs/errors#unknown_route' })
    expect((await get('/')).headers.get('location')).toBe('/team/login')
  })

  it('it is told so by one that does not, and is not led in a circle', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'index.html'), '<!doctype html><html><head></head><body></body></html>')
    const get = await visit(pathToFileURL(`${folder}/`))
    for (const path of ['/team/', '/team/login', '/team/api/companies']) {
      const { status, text } = await get(path)
      expect([status, text], path).toEqual([404, expect.stringContaining('take off the path')])
    }
  })
})

describe('a server starts, or says why it does not', () => {
  const starts: [what: string, options: Partial<ServeOptions>][] = [
    ['by itself, for this machine', {}],
    ['for this machine, said so', { mode: 'local_trusted', host: '127.0.0.1' }],
    ['for this machine, by its name', { mode: 'local_trusted', host: 'localhost' }],
    ['for this machine, with accounts', { mode: 'authenticated' }],
    ['for this machine, behind a tunnel', { mode: 'authenticated', publicUrls: ['https://engine.example'] }],
    ['behind a proxy', { mode: 'authenticated', publicUrls: ['https://engine.example'], trustedProxies: ['127.0.0.1', '10.0.0.0/8'] }],
    ['for other machines', { mode: 'authenticated', host: '0.0.0.0', publicUrls: ['https://engine.example'] }],
    ['below a path of a site', { mode: 'authenticated', publicUrls: ['https://site.example/engine', 'http://localhost:4400'] }],
  ]

  it.each(starts)('%s', async (_, options) => {
    const { engine } = await open()
    const server = await serve({ engine, port: 0, ...options })
    await server.close()
  })

  const refused: [what: string, options: object, why: RegExp][] = [
    ['other machines without a mode', { host: '0.0.0.0' }, /nobody logs in.*--mode authenticated/],
    ['other machines by IPv6', { host: '::' }, /nobody logs in/],
    ['one address of the network', { host: '192.168.0.4' }, /nobody logs in/],
    ['a name that only begins like this machine', { host: 'localhost.evil.com' }, /nobody logs in/],
    ['a public address without accounts', { publicUrls: ['https://engine.example'] }, /nobody logs in/],
    ['a proxy without accounts', { trustedProxies: ['10.0.0.1'] }, /nobody logs in/],
    ['other machines without a public address', { mode: 'authenticated', host: '0.0.0.0' }, /--public-url/],
    ['passwords in the clear', { mode: 'authenticated', host: '0.0.0.0', publicUrls: ['http://engine.example'] }, /in the clear/],
    ['passwords in the clear in a network', { mode: 'authenticated', publicUrls: ['http://192.168.0.4:4400'] }, /in the clear/],
    ['a public address that is none', { mode: 'authenticated', publicUrls: ['engine.example'] }, /no public address/],
    ['a public address for everything', { mode: 'authenticated', publicUrls: ['https://*.example'] }, /no public address/],
    ['a proxy by its name', { mode: 'authenticated', trustedProxies: ['proxy'] }, /no proxy to trust/],
    ['everybody as a proxy', { mode: 'authenticated', trustedProxies: ['0.0.0.0/0'] }, /let anybody say/],
    ['a mode that is none', { mode: 'open' }, /no mode "open"/],
    ['an empty mode', { mode: '' }, /no mode/],
  ]

  it.each(refused)('not with %s', async (_, options, why) => {
    const { engine } = await open()
    await expect(serve({ engine, port: 0, ...options })).rejects.toThrow(why)
  })

  it(`in ${starts.length + refused.length} ways, and a handler never has accounts and a local operator`, async () => {
    const { engine } = await open()
    expect(() => createHandler({ engine, localActor: localOperator, accounts: {} })).toThrow(/not both/)
  })
})
