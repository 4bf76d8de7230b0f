import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as nodeRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, onTestFinished, test } from 'vitest'

import { localBlobs } from '@engine/blobs/local'
import { createHandler, serve, webHandler } from '@engine/http'

import { board, createWorld } from './support/engine.ts'

async function open() {
  const folder = mkdtempSync(join(tmpdir(), 'engine-http-attachments-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { engine, companyId } = await createWorld({ agentMode: 'manual', blobs: localBlobs(folder) })
  const server = await serve({ engine, port: 0 })
  onTestFinished(async () => {
    await server.close()
    await engine.stop()
  })
  const task = await engine.tasks.create({ companyId, title: 'Write' })
  const upload = (name: string, body: Uint8Array<ArrayBuffer> | string, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/api/tasks/${task.identifier}/attachments?name=${encodeURIComponent(name)}`, { method: 'POST', body, headers })
  return { engine, server, task, upload }
}

function bytes(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(randomBytes(size))
}

/** What an upload answered; refusals have none of it. */
async function json(answer: Response): Promise<{ id: string; contentType: string }> {
  return (await answer.json()) as { id: string; contentType: string }
}

test('a file goes up as the body of a request and comes down as a file to be saved', async () => {
  const { server, upload, task } = await open()
  const content = bytes(3_000_000)
  const answer = await upload('résumé "1".png', content, { 'content-type': 'image/png' })
  expect(answer.status).toBe(201)
  const attachment = await json(answer)
  expect(attachment).toMatchObject({ name: 'résumé "1".png', contentType: 'image/png', byteSize: 3_000_000, taskId: task.id })
  const download = await fetch(`${server.url}/api/attachments/${attachment.id}/content`)
  expect(download.status).toBe(200)
  const { headers } = download
  expect(headers.get('content-type')).toBe('image/png')
  expect(headers.get('content-length')).toBe('3000000')
  expect(headers.get('content-disposition')).toBe(`attachment; filename="r_sum_ _1_.png"; filename*=UTF-8''r%C3%A9sum%C3%A9%20%221%22.png`)
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('content-security-policy')).toContain('sandbox')
  expect(headers.get('cache-control')).toBe('no-store')
  expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true)
})

test.each([
  'text/html',
  'image/svg+xml',
  'application/xhtml+xml',
  'text/javascript',
  'application/javascript',
  'text/xml',
  'text/css',
  'TEXT/HTML; x=y',
])('a file that calls itself %s comes down as bytes without a type', async (contentType) => {
  const { server, upload } = await open()
  const attachment = await json(await upload('page', '<script>alert(1)</script>', { 'content-type': contentType }))
  expect(attachment.contentType).toBe(contentType)
  const download = await fetch(`${server.url}/api/attachments/${attachment.id}/content`)
  expect(download.headers.get('content-type')).toBe('application/octet-stream')
  expect(download.headers.get('content-disposition')).toMatch(/^attachment;/)
  expect(await download.text()).toBe('<script>alert(1)</script>')
})

test('a JSON file is a file like any other', async () => {
  const { server, upload } = await open()
  const attachment = await json(await upload('data.json', '{"name": "other", not json', { 'content-type': 'application/json' }))
  expect(attachment).toMatchObject({ name: 'data.json', contentType: 'application/json' })
  const download = await fetch(`${server.url}/api/attachments/${attachment.id}/content`)
  expect(await download.text()).toBe('{"name": "other", not json')
})

test('a file that says it is too large is refused before it is sent, one that does not say it as soon as it is', async () => {
  const { server, task, upload } = await open()
  const limit = 10 * 1024 * 1024
  const announced = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const url = `${server.url}/api/tasks/${task.id}/attachments?name=x`
    const request = nodeRequest(url, { method: 'POST', headers: { 'content-length': String(limit + 1) } }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('error', reject)
    // Nothing but the head is ever sent.
    request.flushHeaders()
  })
  expect(announced.status).toBe(413)
  expect(JSON.parse(announced.body)).toMatchObject({ code: 'payload_too_large', limit })
  const chunked = await fetch(`${server.url}/api/tasks/${task.id}/attachments?name=x`, {
    method: 'POST',
    body: new ReadableStream({
      start(controller) {
        for (let sent = 0; sent <= limit; sent += 1_048_576) controller.enqueue(new Uint8Array(1_048_576))
        controller.close()
      },
    }),
    duplex: 'half',
  } as RequestInit)
  expect(chunked.status).toBe(413)
  expect((await upload('fits', new Uint8Array(limit))).status).toBe(201)
})

test('wrong names, no name, no bytes and bytes in the wrong place are the caller’s mistakes', async () => {
  const { server, task, upload } = await open()
  for (const name of ['../x', 'a/b', '', 'a\r\nset-cookie: x']) expect((await upload(name, 'x')).status).toBe(400)
  expect((await upload('x', '')).status).toBe(400)
  expect((await upload('x', 'x', { 'content-type': 'nonsense' })).status).toBe(400)
  const nameless = await fetch(`${server.url}/api/tasks/${task.id}/attachments`, { method: 'POST', body: 'x' })
  expect(nameless.status).toBe(400)
  for (const query of ['content=eA==', 'contentType=image/png']) {
    const answer = await fetch(`${server.url}/api/tasks/${task.id}/attachments?name=x&${query}`, { method: 'POST', body: 'x' })
    expect([query, answer.status]).toEqual([query, 400])
  }
  const unknown = await fetch(`${server.url}/api/tasks/ACM-999/attachments?name=x`, { method: 'POST', body: 'x' })
  expect(unknown.status).toBe(404)
})

test('HEAD tells what GET would, without the bytes, and a deleted attachment is 404', async () => {
  const { server, upload } = await open()
  const { id } = await json(await upload('a.txt', 'hello', { 'content-type': 'text/plain' }))
  const head = await fetch(`${server.url}/api/attachments/${id}/content`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', ''])
  expect((await fetch(`${server.url}/api/attachments/${id}`, { method: 'DELETE' })).status).toBe(200)
  for (const path of ['', '/content']) expect((await fetch(`${server.url}/api/attachments/${id}${path}`)).status).toBe(404)
})

test('hosts of web requests take and give files too', async () => {
  const { engine, task } = await open()
  const handle = webHandler(createHandler({ engine, localActor: board }))
  const content = bytes(300_000)
  const answer = await handle(
    new Request(`http://localhost/api/tasks/${task.id}/attachments?name=a.bin`, { method: 'POST', body: content }),
  )
  const { id } = await json(answer)
  const download = await handle(new Request(`http://localhost/api/attachments/${id}/content`))
  expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true)
})

test('a client that leaves in the middle of a download stops nothing else', async () => {
  const { server, upload } = await open()
  const { id } = await json(await upload('big', bytes(8_000_000)))
  const gone = new AbortController()
  const download = await fetch(`${server.url}/api/attachments/${id}/content`, { signal: gone.signal })
  await download.body?.getReader().read()
  gone.abort()
  const again = await fetch(`${server.url}/api/attachments/${id}/content`)
  expect((await again.arrayBuffer()).byteLength).toBe(8_000_000)
})

test('the API description says that files are bytes', async () => {
  const { server } = await open()
  const document = (await (await fetch(`${server.url}/api/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { parameters?: { name: string }[]; requestBody?: object; responses: Record<string, object> }>>
  }
  const upload = document.paths['/api/tasks/{taskId}/attachments']?.['post']
  expect(upload?.requestBody).toMatchObject({ required: true, content: { 'application/octet-stream': { schema: { format: 'binary' } } } })
  expect(upload?.parameters?.map(({ name }) => name).toSorted()).toEqual(['Idempotency-Key', 'commentId', 'name', 'taskId'])
  const download = document.paths['/api/attachments/{attachmentId}/content']?.['get']
  expect(Object.keys(download?.responses['200'] ?? {})).toContain('content')
  expect(download?.responses['200']).toMatchObject({ content: { 'application/octet-stream': { schema: { format: 'binary' } } } })
})
