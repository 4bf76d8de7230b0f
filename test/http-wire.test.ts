import { request as send } from 'node:http'
import { connect } from 'node:net'

import { describe, expect, it, onTestFinished, vi } from 'vitest'

import { createHandler, localOperator, serve, webHandler } from '@engine/http'

import { callHandler, createCompany, createWorld, serveWorld } from './http-fixtures.ts'

/** Sends bytes as they are and gives back everything that comes, until the other side closes. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
    socket.on('error', reject)
  })
}

const get = (target: string, host = 'localhost') => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`

describe('a path that leads nowhere', () => {
  const paths: [string, string, number][] = [
    ['GET', '/api/nothing', 404],
    ['GET', '/nothing', 404],
    ['GET', '/api', 404],
    ['GET', '/api/', 404],
    ['GET', '/api/companies/%zz', 404],
    ['GET', '/api/companies/%ff', 404],
    ['GET', '/api/companies/%00', 400],
    ['GET', '/api/tasks/%00', 400],
    ['GET', '/api/tasks/a%2F..%2F..%2Fetc%2Fpasswd', 404],
    ['GET', `/api/tasks/${'x'.repeat(65)}`, 400],
    ['GET', `/api/tasks/${'x'.repeat(8_000)}`, 400],
    ['GET', '/api/tasks/ACM-99999999999999999999', 404],
    ['GET', '/api/companies/__proto__', 400],
    ['GET', '/api/__proto__/constructor', 404],
    ['PUT', '/api/companies', 404],
    ['DELETE', '/api/companies', 404],
    ['OPTIONS', '/api/companies', 404],
    ['PROPFIND', '/api/companies', 404],
    ['POST', '/', 404],
    ['POST', '/api/docs', 404],
    ['GET', '/api/companies/x/tasks/y/z', 404],
    ['GET', '/../../etc/passwd', 404],
    ['GET', '/api/../api/nothing', 404],
  ]

  it.each(paths)('%s %s is answered %i, with what the server does know', async (method, path, status) => {
    const { engine } = await createWorld()
    const answer = await (await serveWorld(engine)).call(method, path)
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    expect(answer.text).not.toMatch(/node_modules|\n {4}at /)
    expect(answer.text).not.toContain(process.cwd())
  })

  it('leaves its connection open for longer than proxies do', async () => {
    const { engine } = await createWorld()
    const answer = await (await serveWorld(engine)).call('GET', '/api/companies')
    expect(answer.headers.get('keep-alive')).toBe('timeout=65')
  })

  it('says which methods a known path has', async () => {
    const { engine } = await createWorld()
    const answer = await (await serveWorld(engine)).call('DELETE', '/api/companies')
    expect(answer.body).toMatchObject({ code: 'unknown_route', methods: ['POST', 'GET'], detail: expect.stringContaining('POST, GET') })
  })

  it.each(['//', '//evil.com/api/companies', '//[', '///api/nothing', '*', '/\\evil', '/%', '/api/nothing#x'])(
    'is no crash when the request line names %s',
    async (target) => {
      const { engine } = await createWorld()
      const { port } = await serveWorld(engine)
      const answer = await raw(port, get(target))
      expect(answer).toMatch(/^HTTP\/1\.1 404 /)
      expect(answer).toContain('"code":"unknown_route"')
      expect(answer).not.toContain('<html')
    },
  )

  it('is taken from a whole URL as from a path', async () => {
    const { engine } = await createWorld()
    const { port } = await serveWorld(engine)
    expect(await raw(port, get(`http://localhost:${port}/api/health/live`))).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('may be too long for a header, and the server goes on', async () => {
    const { engine } = await createWorld()
    const { port, call } = await serveWorld(engine)
    expect(await raw(port, get(`/api/${'x'.repeat(40_000)}`))).toMatch(/^HTTP\/1\.1 431 /)
    expect(await raw(port, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect(await raw(port, 'GET /api/companies HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await call('GET', '/api/companies')).status).toBe(200)
  })
})

describe('HEAD', () => {
  it.each(['/api/companies', '/api/health/live', '/', '/api/openapi.json', '/api/nothing'])('%s is GET without its body', async (path) => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    const [head, full] = [await call('HEAD', path), await call('GET', path)]
    expect(head.status).toBe(full.status)
    for (const name of ['content-type', 'content-length']) expect(head.headers.get(name), name).toBe(full.headers.get(name))
    expect(head.text).toBe('')
  })

  it('says no length of what is made while it is sent, and none of what has not changed', async () => {
    const { engine } = await createWorld()
    const { url, port } = await serveWorld(engine)
    const { companyId } = await createCompany(engine, 'Acme')
    const tag = (await fetch(`${url}/api/companies/${companyId}`)).headers.get('etag') ?? ''
    const asked = { 'an export': `/api/companies/${companyId}/costs/export`, 'the same again': `/api/companies/${companyId}` }
    for (const [name, path] of Object.entries(asked)) {
      const answer = await raw(
        port,
        `HEAD ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nIf-None-Match: ${tag}\r\n\r\n`,
      )
      expect(answer, name).toMatch(name === 'an export' ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 304 /)
      expect(answer, name).not.toMatch(/content-length/i)
      expect(answer.split('\r\n\r\n'), name).toEqual([expect.any(String), ''])
    }
  })
})

describe('a body', () => {
  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json-patch+json',
    '',
  ])('of the type "%s" is refused', async (type) => {
    const { engine, dump } = await createWorld()
    const { call } = await serveWorld(engine)
    const before = await dump()
    const answer = await call('POST', '/api/companies', { body: Buffer.from('{"name":"Acme"}'), headers: { 'content-type': type } })
    expect(answer.status).toBe(400)
    expect(answer.at('code')).toBe('unsupported_media_type')
    expect(await dump()).toBe(before)
  })

  it.each(['application/json', 'Application/JSON; charset=utf-8', 'application/json;charset=UTF-8'])(
    'of the type %s is read',
    async (type) => {
      const { engine } = await createWorld()
      const { call } = await serveWorld(engine)
      const withMark = Buffer.from('\uFEFF{"name":"Ünïcode 🦉"}')
      const answer = await call('POST', '/api/companies', { body: withMark, headers: { 'content-type': type } })
      expect(answer.at('name')).toBe('Ünïcode 🦉')
    },
  )

  it('may repeat what the path says, but not contradict it', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const other = await engine.companies.create({ name: 'Other' })
    const { call } = await serveWorld(engine)
    const path = `/api/companies/${companyId}/goals`
    expect((await call('POST', path, { body: { companyId, title: 'One' } })).status).toBe(201)
    const places = [
      await call('POST', path, { body: { companyId: other.id, title: 'Two' } }),
      await call('POST', `${path}?companyId=${other.id}`, { body: { title: 'Two' } }),
      await call('POST', `${path}?title=Three`, { body: { title: 'Two' } }),
      await call('GET', `${path}?companyId=${other.id}`),
    ]
    for (const answer of places) expect([answer.status, answer.at('code')]).toEqual([400, 'invalid_input'])
    expect((await engine.goals.list({ companyId })).items.map((goal) => goal.title)).toEqual(['Ship it', 'One'])
  })

  it('keeps nothing of __proto__, in the body or in the query', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const { call } = await serveWorld(engine)
    const path = `/api/companies/${companyId}/tasks`
    const answer = await call('POST', path, { body: '{"title":"T","context":{"a":{"__proto__":{"evil":1},"b":2}},"__proto__":{"x":1}}' })
    expect(answer.status).toBe(201)
    expect(JSON.stringify((answer.body as { context: unknown }).context)).toBe('{"a":{"b":2}}')
    expect((await call('GET', `${path}?__proto__=x&constructor=y`)).status).toBe(400)
    expect(({} as { evil?: number }).evil).toBeUndefined()
  })

  it('comes back as it was said: every character, every number that JSON has', async () => {
    const { engine } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const { call } = await serveWorld(engine)
    const context = { text: '\u2028"\\\t\u0007</script>🦉é', big: 1e308, tiny: 5e-324, minus: -0.1, deep: [[[{ a: null }]]], '': false }
    const created = await call('POST', `/api/companies/${companyId}/tasks`, { body: { title: 'T', description: context.text, context } })
    const read = await call('GET', `/api/tasks/${created.at('id')}`)
    expect(created.status).toBe(201)
    expect(read.body).toMatchObject({ description: context.text, context })
    expect(read.text).toBe(created.text)
  })

  it.each([
    ['half a surrogate pair', String.raw`{"title":"T","description":"\ud800"}`],
    ['half a surrogate pair in a key', String.raw`{"title":"T","context":{"\udfff":1}}`],
    ['a NUL character', String.raw`{"title":"T","description":"a\u0000b"}`],
    ['a NUL character deep inside', String.raw`{"title":"T","context":{"a":[{"b":["\u0000"]}]}}`],
  ])('that holds %s is refused, since no database keeps it', async (_, body) => {
    const { engine, dump } = await createWorld()
    const { companyId } = await createCompany(engine, 'Acme')
    const before = await dump()
    const answer = await callHandler({ engine, localActor: localOperator })('POST', `/api/companies/${companyId}/tasks`, { body })
    expect([answer.status, answer.at('code')]).toEqual([400, 'invalid_input'])
    expect(await dump()).toBe(before)
  })
})

describe('a refusal', () => {
  // Core lists every wrong field, twice: see `parseInput`.
  it('of a body with many unknown fields is no larger than it has to be', async () => {
    const { engine } = await createWorld()
    const body = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`field${index}`, 1]))
    const answer = await callHandler({ engine, localActor: localOperator })('POST', '/api/companies', { body })
    expect(answer.status).toBe(400)
    expect(answer.text.length).toBeLessThan(20_000)
  })

  it('names fields as the caller does', async () => {
    const { engine } = await createWorld()
    const { agentId } = await createCompany(engine, 'Acme')
    const answer = await callHandler({ engine, localActor: localOperator })('PATCH', `/api/agents/${agentId}`, { body: {} })
    expect(answer.status).toBe(400)
    expect(answer.text).not.toMatch(/[a-z]_(runs|mode|to)\b/)
  })
})

describe('a body that is too large', () => {
  const huge = 3 * 1024 * 1024

  it('is answered 413, and the client sees it', async () => {
    const { engine, dump } = await createWorld()
    const { call, url } = await serveWorld(engine)
    const before = await dump()
    const body = JSON.stringify({ name: 'x'.repeat(huge) })
    const known = await call('POST', '/api/companies', { body })
    const chunked = await fetch(`${url}/api/companies`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: ReadableStream.from([Buffer.from(body)]),
      duplex: 'half',
    } as RequestInit)
    expect([known.status, chunked.status]).toEqual([413, 413])
    expect(known.body).toMatchObject({ code: 'payload_too_large', limit: 2 * 1024 * 1024 })
    expect(await chunked.json()).toMatchObject({ code: 'payload_too_large' })
    expect(await dump()).toBe(before)
    expect((await call('GET', '/api/companies')).status).toBe(200)
  })

  it('is answered while it still is being sent, by a client that never ends', async () => {
    const { engine } = await createWorld()
    const { port } = await serveWorld(engine)
    const closed = Promise.withResolvers<void>()
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const endless = send({ port, method: 'POST', path: '/api/companies', headers: { 'content-type': 'application/json' } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
      endless.on('error', reject)
      endless.on('close', () => closed.resolve())
      const chunk = Buffer.alloc(256 * 1024, 0x20)
      const more = () => void (endless.destroyed || endless.write(chunk, (error) => error ?? setImmediate(more)))
      more()
    })
    expect(status).toBe(413)
    // And its connection is cut, however much it still has to say.
    await closed.promise
  })

  it('is taken to its end from a client that reads nothing before, as nginx does, and closes then', async () => {
    const { engine } = await createWorld()
    const { port } = await serveWorld(engine)
    const length = 16 * 1024 * 1024
    const head = `POST /api/companies HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`
    expect(await raw(port, head + 'x'.repeat(length))).toMatch(/^HTTP\/1\.1 413 [^]*payload_too_large/)
  })

  it('is answered 413 by the web handler too', async () => {
    const { engine } = await createWorld()
    const handle = webHandler(createHandler({ engine, localActor: localOperator }))
    const headers = { 'content-type': 'application/json' }
    const answer = await handle(new Request('http://localhost/api/companies', { method: 'POST', headers, body: 'x'.repeat(huge) }))
    expect(answer.status).toBe(413)
    expect((await handle(new Request('http://localhost/api/companies', { method: 'POST', headers, body: '{"name":"Acme"}' }))).status).toBe(
      201,
    )
  })

  it('is not read at all where nobody may write', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    const answer = await call('POST', '/api/companies', { body: 'x'.repeat(huge), credential: 'eng_run_unknown' })
    expect(answer.status).toBe(401)
  })
})

describe('a body that breaks off', () => {
  const head = 'POST /api/companies HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'

  it.each([
    ['ends with its connection', `${head}Content-Length: 400\r\n\r\n{"name":`],
    ['goes on with what is no chunk', `${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{"\r\nnonsense\r\n`],
  ])('is no failure of ours when it %s', async (_, text) => {
    const { engine } = await createWorld()
    const answered = Promise.withResolvers<unknown>()
    const failed = vi.fn<(message: string) => void>()
    const silent = () => undefined
    const told = (message: string, fields?: Readonly<Record<string, unknown>>) => message === 'request' && answered.resolve(fields)
    const server = await serve({ engine, port: 0, logger: { debug: silent, info: told, warn: silent, error: failed } })
    onTestFinished(() => server.close())
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text, () => socket.end()))
    socket.on('error', silent)
    expect(await answered.promise).toMatchObject({ route: '/api/companies', status: 400 })
    expect(failed).not.toHaveBeenCalled()
  })

  it('is answered as one where a host speaks the web’s own requests', async () => {
    const { engine } = await createWorld()
    const handle = webHandler(createHandler({ engine, localActor: localOperator }))
    const body = new ReadableStream({ pull: (chunks) => chunks.error(new Error('the connection ended')) })
    const headers = { 'content-type': 'application/json' }
    const answer = await handle(
      new Request('http://localhost/api/companies', { method: 'POST', headers, body, duplex: 'half' } as RequestInit),
    )
    expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ code: 'body_broke_off' })])
  })
})

describe('a caller without a known credential', () => {
  it.each([undefined, 'eng_run_unknown', 'eng_agent_x', 'x'.repeat(5_000), "' or 1=1"])(
    '(%s) is answered 401 on every route',
    async (credential) => {
      const { engine, dump } = await createWorld()
      const call = callHandler({ engine })
      const before = await dump()
      for (const { definition } of engine.registry.operations) {
        if (!definition.http) continue
        // An invitation's token is a credential of its own, as is the signature of a delivery, whose headers nobody else reads.
        const isItsOwn = definition.kind === 'command' && definition.takesRequest !== undefined
        if (definition.access.carriesCredential && (isItsOwn || credential === undefined)) continue
        const [method, path] = definition.http
        const answer = await call(method, `/api${path}`, credential === undefined ? {} : { credential })
        expect([answer.status, answer.at('code')]).toEqual([401, 'unauthenticated'])
        expect(answer.headers.get('www-authenticate')).toBe('Bearer')
        if (credential !== undefined) expect(answer.text).not.toContain(credential)
      }
      expect(await dump()).toBe(before)
    },
  )

  it('is not let in by another scheme, and never by the local door when it shows a wrong key', async () => {
    const { engine } = await createWorld()
    const call = callHandler({ engine, localActor: localOperator })
    for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer ', 'eng_run_x', 'Bearer a b']) {
      expect((await call('GET', '/api/companies', { headers: { authorization } })).status, authorization).toBe(401)
    }
    expect((await call('GET', '/api/companies')).status).toBe(200)
  })

  it('sees whether the server lives, and nothing of the status page', async () => {
    const { engine } = await createWorld()
    const call = callHandler({ engine })
    expect((await call('GET', '/api/health/live')).body).toEqual({ status: 'live' })
    expect((await call('GET', '/')).status).toBe(404)
  })
})

describe('an engine that was stopped under its server', () => {
  it('still lives, and says that it is not ready', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    expect((await call('GET', '/api/health/ready')).status).toBe(200)
    await engine.stop()
    expect((await call('GET', '/api/health/ready')).status).toBe(503)
    expect((await call('GET', '/api/health/live')).status).toBe(200)
    expect((await call('GET', '/api/nothing')).status).toBe(404)
  })

  it('answers 503 with a problem', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    await engine.stop()
    const answer = await call('GET', '/api/companies')
    expect([answer.status, answer.at('code')]).toEqual([503, 'unavailable'])
  })
})
