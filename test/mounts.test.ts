import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'

import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'

import type { Engine } from '@engine/core'
import { createHandler, expressHandler, localOperator, webHandler, type HandlerOptions } from '@engine/http'

import { createCompany, createWorld } from './http-fixtures.ts'

type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** The examples of docs/http.md: Engine below `/engine` in an app that has other things too. */
const apps: Readonly<Record<string, (options: HandlerOptions) => Promise<Ask>>> = {
  async express(options) {
    const app = express()
    app.use('/engine', expressHandler(options))
    app.use(express.json())
    app.get('/hello', (_request, response) => void response.send('hello'))
    return overNetwork(createServer(app))
  },

  async fastify(options) {
    const app = fastify()
    onTestFinished(() => app.close())
    const handle = expressHandler({ ...options, basePath: '/engine' })
    app.get('/hello', async () => 'hello')
    await app.register(async (scope) => {
      // Engine reads its bodies itself.
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser('*', (_request, _body, done) => done(null))
      scope.all('/engine', serveEngine)
      scope.all('/engine/*', serveEngine)
      function serveEngine(
        request: { raw: Parameters<typeof handle>[0] },
        reply: { raw: Parameters<typeof handle>[1]; hijack(): unknown },
      ) {
        reply.hijack()
        handle(request.raw, reply.raw, (error) => reply.raw.destroy(error instanceof Error ? error : undefined))
      }
    })
    const url = await app.listen({ host: '127.0.0.1', port: 0 })
    return (path, init) => fetch(url + path, init)
  },

  async hono(options) {
    const app = new Hono()
    const handle = webHandler(createHandler({ ...options, basePath: '/engine' }))
    app.get('/hello', (context) => context.text('hello'))
    app.all('/engine/*', (context) => handle(context.req.raw))
    app.all('/engine', (context) => handle(context.req.raw))
    return async (path, init) => app.request(`http://localhost${path}`, init)
  },

  async next(options) {
    // app/engine/[[...path]]/route.ts
    const handle = webHandler(createHandler({ ...options, basePath: '/engine' }))
    const route: Record<string, (request: Request) => Promise<Response>> = { GET: handle, POST: handle, PATCH: handle, DELETE: handle }
    return async (path, init) => {
      if (path === '/hello') return new Response('hello')
      return (route[init?.method ?? 'GET'] ?? handle)(new Request(`http://localhost${path}`, init))
    }
  },
}

async function overNetwork(server: Server): Promise<Ask> {
  server.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init)
}

const json = { 'content-type': 'application/json' }

describe.each(Object.entries(apps))('Engine below a path of an app of %s', (_, mount) => {
  async function open(): Promise<{ ask: Ask; engine: Engine }> {
    const { engine } = await createWorld()
    return { engine, ask: await mount({ engine, localActor: localOperator }) }
  }

  it('takes calls and leaves the rest of the app alone', async () => {
    const { ask, engine } = await open()
    const created = await ask('/engine/api/companies', { method: 'POST', headers: json, body: '{"name":"Acme"}' })
    expect(created.status).toBe(201)
    const { id } = (await created.json()) as { id: string }
    expect((await engine.companies.get({ companyId: id })).name).toBe('Acme')
    expect(await (await ask(`/engine/api/companies/${id}`)).json()).toMatchObject({ name: 'Acme' })
    expect(await (await ask('/hello')).text()).toBe('hello')
    expect((await ask('/engine/api/health/ready')).status).toBe(200)
  })

  it('shows pages whose every link leads below the same path', async () => {
    const { ask, engine } = await open()
    await createCompany(engine, 'Acme')
    for (const page of ['/engine', '/engine/', '/engine/api/docs']) {
      const text = await (await ask(page)).text()
      const links = [...text.matchAll(/(?:href|src|data-url)="([^"]+)"/g)].map(([, link = '']) => link)
      expect(links.length, page).toBeGreaterThan(1)
      for (const link of links) {
        expect(link).toMatch(/^\/engine\//)
        expect((await ask(link)).status, link).toBe(200)
      }
    }
    const script = await (await ask('/engine/status.js')).text()
    expect(script).not.toMatch(/['"]\/(api|status)/)
    expect(await (await ask('/engine/api/openapi.json')).json()).toMatchObject({ servers: [{ url: '/engine' }] })
  })

  it('answers what leads nowhere with a problem that points to its own documentation', async () => {
    const { ask } = await open()
    const answer = await ask('/engine/api/nothing')
    const problem = (await answer.json()) as { type: string; code: string }
    expect([answer.status, problem.code]).toEqual([404, 'unknown_route'])
    const [page = '', anchor] = problem.type.split('#')
    expect(await (await ask(page)).text()).toContain(`id="${anchor}"`)
  })

  it('streams events, and ends with its client', async () => {
    const { ask, engine } = await open()
    const { companyId } = await createCompany(engine, 'Acme')
    const gone = new AbortController()
    const stream = await ask(`/engine/api/companies/${companyId}/events`, { headers: { accept: 'text/event-stream' }, signal: gone.signal })
    let text = ''
    for await (const chunk of stream.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString()
      if (text.includes('event: company.created')) break
    }
    gone.abort()
    expect(text).toContain('retry: 2000')
  })
})

describe('a path that Engine is mounted at', () => {
  it.each(['engine', '/engine/', '//engine', '/a b', '/"><script>'])('is not %j', async (basePath) => {
    const { engine } = await createWorld()
    expect(() => createHandler({ engine, basePath })).toThrow(/begins with a slash and does not end with one/)
  })

  it('is not the beginning of another one', async () => {
    const { engine } = await createWorld()
    const handle = webHandler(createHandler({ engine, localActor: localOperator, basePath: '/engine' }))
    for (const path of ['/engineer/api/companies', '/other/api/companies'])
      expect((await handle(new Request(`http://localhost${path}`))).status).toBe(404)
  })
})
