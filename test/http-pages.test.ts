import { request as send } from 'node:http'
import { Script } from 'node:vm'

import { describe, expect, it, onTestFinished } from 'vitest'

import type { Engine } from '@engine/core'
import { httpErrors, localOperator, openApiDocument, serve } from '@engine/http'

import { allErrors } from '../packages/http/src/errors.ts'
import { mcpErrors } from '../packages/mcp/src/errors.ts'
import { callHandler, createCompany, createWorld, serveWorld } from './http-fixtures.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly parameters?: readonly { in: string; name: string; required?: boolean; schema: object }[]
  readonly requestBody?: { required: boolean; content: { 'application/json'?: { schema: { properties: object; required?: string[] } } } }
  readonly responses: Readonly<Record<string, { content: object }>>
}

interface Document {
  readonly openapi: string
  readonly info: { title: string; version: string; description: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { schemas: Readonly<Record<string, object>>; securitySchemes: object }
}

/** What an operation takes of a request that another system sends as it likes. */
/** What success is on the wire. */
const codes = { done: '200', created: '201', accepted: '202' } as const

function receivedBy(engine: Engine, { operationId }: Operation) {
  const definition = engine.registry.get(operationId)?.definition
  return definition?.kind === 'command' ? definition.takesRequest : undefined
}

async function readDocument() {
  const { engine } = await createWorld()
  const answer = await callHandler({ engine, localActor: localOperator })('GET', '/api/openapi.json')
  expect(answer.status).toBe(200)
  expect(answer.body).toEqual(JSON.parse(JSON.stringify(openApiDocument(engine.registry))))
  const document = answer.body as Document
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  return { engine, document, operations }
}

/** Every value under a key of this name, however deep. */
function valuesOf(node: unknown, name: string): unknown[] {
  if (typeof node !== 'object' || node === null) return []
  return Object.entries(node).flatMap(([key, value]) => [...(key === name ? [value] : []), ...valuesOf(value, name)])
}

describe('the OpenAPI document', () => {
  it('has every route of the registry, and no other, under the name of its command', async () => {
    const { engine, operations } = await readDocument()
    const routes = engine.registry.operations.flatMap(({ name, definition }) =>
      definition.http ? [`${name} ${definition.http[0].toLowerCase()} /api${definition.http[1].replaceAll(/:(\w+)/g, '{$1}')}`] : [],
    )
    expect(operations.map(({ path, method, operation }) => `${operation.operationId} ${method} ${path}`).toSorted()).toEqual(
      routes.toSorted(),
    )
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length)
    expect(operations.length).toBeGreaterThan(35)
  })

  it('declares every parameter of a path, and every field of an input once', async () => {
    const { engine, operations } = await readDocument()
    for (const { path, method, operation } of operations) {
      const declared = (place: string) => (operation.parameters ?? []).filter((parameter) => parameter.in === place)
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '')
      expect(
        declared('path')
          .map(({ name }) => name)
          .toSorted(),
        path,
      ).toEqual(inPath.toSorted())
      for (const parameter of declared('path')) expect(parameter.required, path).toBe(true)
      const { content } = operation.requestBody ?? {}
      // A body that is a file says two things at once: its bytes and its type.
      const inFile = content && 'application/octet-stream' in content ? ['content', 'contentType'] : []
      const received = receivedBy(engine, operation)
      const inBody = [...Object.keys(content?.['application/json']?.schema.properties ?? {}), ...inFile]
      const inRequest = received ? ['body', 'headers'] : []
      const fields = [...inPath, ...declared('query').map(({ name }) => name), ...inBody, ...inRequest]
      const { input } = engine.registry.get(operation.operationId)?.definition ?? { input: { shape: {} } }
      expect(fields.toSorted(), operation.operationId).toEqual(Object.keys(input.shape).toSorted())
      if (method === 'get') expect(operation.requestBody, path).toBeUndefined()
      const isGuarded = method !== 'get' && ('version' in input.shape || 'baseRevision' in input.shape)
      const conditions = isGuarded ? ['If-Match'] : []
      if (method === 'post')
        expect(declared('header').map(({ name }) => name)).toEqual(received?.headers ?? ['Idempotency-Key', ...conditions])
      else expect(declared('header').filter(({ name }) => name === 'If-Match')).toHaveLength(conditions.length)
    }
  })

  it('says of each operation what it answers, and demands a body exactly where one is needed', async () => {
    const { engine, operations } = await readDocument()
    for (const { operation } of operations) {
      const definition = engine.registry.get(operation.operationId)?.definition
      const success = definition?.kind === 'command' && definition.creates ? '201' : '200'
      // What others send may be new, taken for later, or known already.
      const several = definition?.kind === 'command' ? definition.successes?.map((one) => codes[one]).toSorted() : undefined
      const successes = several ?? [success]
      const { input, output } = Object(definition)
      const isTagged = definition?.kind === 'query' && ['version', 'currentRevision'].some((field) => field in Object(output.shape))
      const isGuarded = definition?.kind === 'command' && ['version', 'baseRevision'].some((field) => field in input.shape)
      const conditions = [...(isTagged ? ['304'] : []), ...(isGuarded ? ['412'] : [])]
      expect(Object.keys(operation.responses)).toEqual([...successes, ...conditions, 'default'])
      const isDownload = definition?.kind === 'query' && definition.givesContent
      expect(operation.responses[successes[0] ?? success]?.content).toHaveProperty([
        isDownload ? 'application/octet-stream' : 'application/json',
        'schema',
      ])
      expect(operation.responses['default']?.content).toHaveProperty(['application/problem+json', 'schema'])
      expect([operation.summary, operation.tags.length]).toEqual([definition?.title, 1])
      const body = operation.requestBody
      const isWhole = definition?.kind === 'command' && Boolean(definition.takesContent ?? definition.takesRequest)
      const needed = body?.content['application/json']?.schema.required ?? []
      if (body) expect(body.required, operation.operationId).toBe(isWhole || needed.length > 0)
    }
  })

  it('refers only to schemas that it has', async () => {
    const { document } = await readDocument()
    const references = valuesOf(document, '$ref').map(String)
    expect(references.length).toBeGreaterThan(50)
    for (const reference of references) {
      expect(reference).toMatch(/^#\/components\/schemas\/\w+$/)
      expect(Object.keys(document.components.schemas)).toContain(reference.split('/').at(-1))
    }
    expect(document.openapi).toBe('3.1.0')
    expect(document.info).toMatchObject({ title: 'Engine', version: expect.any(String) })
    for (const name of ['Task', 'Run', 'Problem', 'Company']) expect(document.components.schemas).toHaveProperty(name)
  })

  it('names the live stream and every error code', async () => {
    const { engine, document } = await readDocument()
    const events = document.paths['/api/companies/{companyId}/events']?.['get']
    expect(events?.responses['200']?.content).toHaveProperty(['text/event-stream'])
    expect(events?.parameters?.map(({ name }) => name)).toContain('Last-Event-ID')
    for (const { code } of [...engine.registry.errors, ...Object.values(httpErrors)]) {
      expect(document.info.description.split(`\`${code}\``)).toHaveLength(2)
    }
  })
})

const scripts = /<script[^>]*src="([^"]*)"/g

describe('the documentation page', () => {
  it('loads its viewer from this server, whole, and names no other', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    const page = await call('GET', '/api/docs')
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect([...page.text.matchAll(scripts)].map((match) => match[1])).toEqual(['/api/docs/reference.js'])
    expect(page.text).not.toMatch(/https?:\/\//)
    const viewer = await call('GET', '/api/docs/reference.js')
    expect([viewer.status, viewer.headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8'])
    expect(viewer.text.length).toBeGreaterThan(1_000_000)
    expect(viewer.text).toContain('api-reference')
  })

  it('has an anchor for each code that a problem points to', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    const problem = await call('GET', '/api/companies/x')
    expect(problem.at('type')).toBe('/api/docs/errors#invalid_input')
    const page = await call('GET', '/api/docs/errors')
    expect(page.headers.get('content-type')).toContain('text/html')
    for (const { code } of allErrors(engine.registry)) expect(page.text.split(`id="${code}"`)).toHaveLength(2)
    expect(page.text).not.toContain('<script')
  })

  it('says of each code why it happens and what would work, in sentences', async () => {
    const { engine } = await createWorld()
    const all = [...allErrors(engine.registry), ...Object.values(httpErrors), ...Object.values(mcpErrors)]
    const sentence = /^[A-Z`][^]*[.]$/
    expect(all.filter(({ cause = '', help }) => !sentence.test(cause) || !sentence.test(help) || cause === help)).toEqual([])
    const { call } = await serveWorld(engine)
    const page = await call('GET', '/api/docs/errors')
    const shown = page.text.replaceAll(/<[^>]+>/g, '')
    expect(shown).toContain('Another thing has this name, key or address already.')
    expect(shown).toContain('Choose another value or use the one that exists.')
  })
})

describe('the status page', () => {
  it('shows what is there, and none of it as markup', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    expect((await call('GET', '/')).text).toContain('No company yet')
    const evil = '<script>alert("x")</script><img src=x onerror=alert(1)>"\'&amp;'
    const companyId = (await engine.companies.create({ name: `Acme ${evil}`, taskPrefix: 'EVL' })).id
    const hire = { companyId, role: evil, title: evil, adapterType: 'still', executionMode: 'manual' } as const
    const { id: agentId } = await engine.agents.create({ ...hire, name: `Ada ${evil}` })
    const { id: taskId } = await engine.tasks.create({ companyId, title: `Work ${evil}` })
    const { id: blockedId } = await engine.tasks.create({ companyId, title: 'Stuck', assigneeAgentId: agentId })
    await engine.tasks.block({ taskId: blockedId, reason: `No ${evil}`, owner: evil })
    await engine.tasks.checkout({ taskId, agentId })
    await engine.tasks.progress({ taskId, percent: 41, message: `Half ${evil}` })
    await engine.deliverables.submit({ taskId, title: `Report ${evil}`, summary: `Sum ${evil}`, content: 'x' })
    const page = await call('GET', '/')
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    for (const shown of ['Acme', 'Ada', 'Work', 'No', 'Half', 'Report', 'Sum']) expect(page.text).toContain(`${shown} &lt;script&gt;alert(`)
    for (const shown of ['EVL-1', 'in review', 'value="41"', 'Approve']) expect(page.text).toContain(shown)
    expect(page.text.replace('<script src="/status.js"></script>', '')).not.toMatch(/<script|<img|onerror=alert\(1\)>[^<]*"/)
    expect(page.text).toContain('&amp;amp;')
  })

  it('runs a script of its own that may talk to this server only', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    const page = await call('GET', '/')
    expect([...page.text.matchAll(scripts)].map((match) => match[1])).toEqual(['/status.js'])
    const policy = page.headers.get('content-security-policy') ?? ''
    for (const rule of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "base-uri 'none'"]) expect(policy).toContain(rule)
    const script = await call('GET', '/status.js')
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    for (const type of Object.keys(engine.registry.events)) expect(script.text).toContain(`"${type}"`)
    expect(() => new Script(script.text)).not.toThrow()
  })
})

describe('every answer', () => {
  it.each([
    '/',
    '/status.js',
    '/api/docs',
    '/api/docs/reference.js',
    '/api/openapi.json',
    '/api/companies',
    '/api/nothing',
    '/api/health/live',
  ])('(%s) carries the headers that keep a browser from doing more with it', async (path) => {
    const { engine } = await createWorld()
    const { headers } = await (await serveWorld(engine)).call('GET', path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers.get('x-powered-by')).toBeNull()
    expect(headers.get('access-control-allow-origin')).toBeNull()
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self'")
    expect(policy).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe-inline/)
  })

  it('has a request id of its own, which stands in the events of the request', async () => {
    const { engine } = await createWorld()
    const { call } = await serveWorld(engine)
    const answer = await call('POST', '/api/companies', { body: { name: 'Acme' }, headers: { 'x-request-id': 'forged' } })
    const { items } = await engine.events.list({ companyId: answer.at('id') })
    expect(items.map((event) => event.requestId)).toEqual([answer.headers.get('x-request-id')])
    expect(answer.headers.get('x-request-id')).not.toBe('forged')
  })
})

describe('a server without accounts', () => {
  it('answers no page of another site and no other name, on any path, and changes nothing', async () => {
    const { engine, dump } = await createWorld()
    const company = await createCompany(engine, 'Acme')
    const { port } = await serveWorld(engine)
    const before = await dump()
    const ask = (method: string, path: string, headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = send({ port, host: '127.0.0.1', method, path, headers }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
        sent.on('error', reject)
        sent.end(method === 'POST' ? '{}' : undefined)
      })
    const json = { 'content-type': 'application/json' }
    const refused: Record<string, string>[] = [
      { host: `evil.com:${port}` },
      { host: `localhost.evil.com:${port}` },
      { origin: 'http://evil.com' },
      { origin: 'null' },
      { origin: `http://localhost:${port + 1}` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of refused) {
      for (const path of ['/', '/status.js', '/api/docs', '/api/openapi.json', '/api/health/ready', '/api/companies', '/api/nothing']) {
        expect(await ask('GET', path, { host: `localhost:${port}`, ...headers }), `${path} ${JSON.stringify(headers)}`).toBe(403)
      }
      const path = `/api/companies/${company.companyId}/archive`
      expect(await ask('POST', path, { host: `localhost:${port}`, ...json, ...headers })).toBe(403)
      expect(
        await ask('POST', path, { host: `localhost:${port}`, ...json, ...headers, authorization: `Bearer ${company.credential}` }),
      ).toBe(403)
    }
    expect(await dump()).toBe(before)
    expect(await ask('GET', '/api/companies', { host: `LOCALHOST:${port}`, origin: `http://localhost:${port}` })).toBe(200)
  })

  it.each(['0.0.0.0', '::', '[::]', '192.168.0.1', 'example.com', '127.0.0.1.evil.com', ''])('refuses to listen on "%s"', async (host) => {
    const { engine } = await createWorld()
    await expect(serve({ engine, host, port: 0 })).rejects.toThrow(/Use 127\.0\.0\.1/)
  })

  it.each(['127.0.0.1', 'localhost', '::1', '[::1]'])('listens on %s, and its url leads there', async (host) => {
    const { engine } = await createWorld()
    const server = await serve({ engine, host, port: 0 })
    expect((await fetch(`${server.url}/api/health/live`)).status).toBe(200)
    await server.close()
  })

  it('says that its port is taken', async () => {
    const { engine } = await createWorld()
    const { port } = await serveWorld(engine)
    await expect(serve({ engine, port })).rejects.toThrow(/is taken.*PORT/)
  })
})

describe('a server whose engine is still opening its database', () => {
  it('lives and is not ready, and serves as soon as the engine is there', async () => {
    const { engine } = await createWorld()
    onTestFinished(() => engine.stop())
    const { promise, resolve } = Promise.withResolvers<typeof engine>()
    const server = await serve({ engine: promise, port: 0 })
    onTestFinished(() => server.close())
    const status = async (path: string) => (await fetch(`${server.url}${path}`)).status
    expect([await status('/api/health/live'), await status('/api/health/ready'), await status('/api/companies')]).toEqual([200, 503, 503])
    const early = await fetch(`${server.url}/api/companies`)
    expect(early.headers.get('retry-after')).toBe('1')
    expect(await early.json()).toMatchObject({ code: 'starting', status: 503 })
    resolve(engine)
    await promise
    await new Promise((next) => setImmediate(next))
    expect([await status('/api/health/live'), await status('/api/health/ready'), await status('/api/companies')]).toEqual([200, 200, 200])
  })
})
