import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import { expressHandler, localOperator, serve } from '@engine/http'

import { callHandler, createWorld, overNetwork, type Sent } from './http-fixtures.ts'
import { temporaryFolder } from './support/files.ts'

const page: Sent = { headers: { accept: 'text/html,application/xhtml+xml' } }
const script = `export const board = '${'x'.repeat(2_000)}'`

/** A built app as any bundler leaves it. */
function appFolder(): URL {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'assets'))
  writeFileSync(join(folder, 'index.html'), '<!doctype html><html><head><title>Board</title></head><body></body></html>')
  writeFileSync(join(folder, 'assets', 'index-a1b2.js'), script)
  writeFileSync(join(folder, 'favicon.svg'), '<svg/>')
  return pathToFileURL(`${folder}/`)
}

async function callBoard() {
  const { engine } = await createWorld()
  return callHandler({ engine, localActor: localOperator, board: appFolder() })
}

describe('a server with a board', () => {
  it('has it from whatever folder, also where a name means something in an address', async () => {
    const folder = join(temporaryFolder(), 'shop #1 100%', 'ä?')
    mkdirSync(join(folder, 'assets'), { recursive: true })
    writeFileSync(join(folder, 'index.html'), '<!doctype html><html><head></head><body>Here</body></html>')
    writeFileSync(join(folder, 'assets', 'a b.js'), script)
    const { engine } = await createWorld()
    const call = callHandler({ engine, localActor: localOperator, board: pathToFileURL(`${folder}/`) })
    expect((await call('GET', '/', page)).text).toContain('Here')
    expect((await call('GET', '/assets/a%20b.js')).text).toBe(script)
  })

  it('gives its page to whoever wants a page, wherever in the board that is, and says where its files are from there', async () => {
    const call = await callBoard()
    for (const [path, base] of [
      ['/', './'],
      ['/ACM', './'],
      ['/ACM/inbox', '../'],
      ['/ACM/tasks/ACM-42', '../../'],
    ] as const) {
      const answer = await call('GET', path, page)
      expect([answer.status, answer.headers.get('content-type')], path).toEqual([200, 'text/html; charset=utf-8'])
      expect(answer.text).toContain(`<head><base href="${base}">`)
      expect(answer.headers.get('cache-control')).toBe('no-cache')
    }
  })

  it('lets no script run that stands in a page or comes from elsewhere, and no page hold it in a frame', async () => {
    const policy = (await (await callBoard())('GET', '/', page)).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
  })

  it('lets files with a hash in their name be kept for ever, and sends text as small as it is taken', async () => {
    const call = await callBoard()
    const plain = await call('GET', '/assets/index-a1b2.js')
    expect([plain.status, plain.text]).toEqual([200, script])
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(plain.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    const { headers } = await call('GET', '/assets/index-a1b2.js', { headers: { accept: 'text/html', 'accept-encoding': 'gzip' } })
    expect([headers.get('content-encoding'), headers.get('vary')]).toEqual(['gzip', 'accept-encoding'])
    expect((await call('GET', '/favicon.svg')).headers.get('cache-control')).toBe('no-cache')
  })

  it.each(['/assets/none.js', '/assets/../../secret', '/assets/%2e%2e/%2e%2e/etc/passwd', '/ACM/inbox'])(
    'has nothing at %s for whoever wants no page',
    async (path) => {
      const answer = await (await callBoard())('GET', path)
      expect([answer.status, answer.at('code')]).toEqual([404, 'unknown_route'])
    },
  )

  it('leaves the API, its documentation and the status page as they are', async () => {
    const call = await callBoard()
    expect((await call('GET', '/api/companies', page)).body).toMatchObject({ items: [] })
    expect((await call('GET', '/api/nothing', page)).at('code')).toBe('unknown_route')
    expect((await call('GET', '/api/docs', page)).text).toContain('Engine API')
    expect((await call('GET', '/status', page)).text).toContain('No company yet')
  })

  it('works below any path of a host, which a slash at its end belongs to', async () => {
    const { engine } = await createWorld()
    const handler = expressHandler({ engine, localActor: localOperator, board: appFolder() })
    const server = createServer((request, response) => {
      // As express hands a request to what is mounted at a path.
      const originalUrl = request.url ?? ''
      Object.assign(request, { originalUrl, url: originalUrl.slice('/apps/engine'.length) || '/' })
      handler(request, response, (error) => response.destroy(error instanceof Error ? error : undefined))
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    // A server that listens on an IP address has an AddressInfo.
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const moved = await fetch(`${url}/apps/engine`, { redirect: 'manual' })
    expect([moved.status, moved.headers.get('location')]).toEqual([308, '/apps/engine/'])
    const call = overNetwork(url)
    expect((await call('GET', '/apps/engine/ACM/inbox', page)).text).toContain('<base href="../">')
    expect((await call('GET', '/apps/engine/assets/index-a1b2.js')).text).toBe(script)
    expect((await call('GET', '/apps/engine/api/companies')).status).toBe(200)
  })

  it('is served over the network with the same policy, compressed', async () => {
    const { engine } = await createWorld()
    const server = await serve({ engine, port: 0, board: appFolder() })
    onTestFinished(() => server.close())
    const answer = await fetch(`${server.url}/`, { headers: { accept: 'text/html' } })
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const raw = await callHandler({ engine, localActor: localOperator, board: appFolder() })('GET', '/assets/index-a1b2.js')
    expect(raw.text).toBe(await (await fetch(`${server.url}/assets/index-a1b2.js`)).text())
  })

  it('does not begin with a folder in which nothing was built', async () => {
    const { engine } = await createWorld()
    const folder = pathToFileURL(`${temporaryFolder()}/`)
    expect(() => callHandler({ engine, board: folder })).toThrow(/no built board.*pnpm build/)
  })
})
