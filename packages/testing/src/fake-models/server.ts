import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import type { JsonObject } from '@engine/core/plugin'

import {
  isObject,
  type FakeAnswer,
  type FakeAnswers,
  type FakeCall,
  type FakeDelivery,
  type FakeModel,
  type FakeModelOptions,
  type FakeRefusal,
  type Wire,
} from './script.ts'

interface State {
  readonly wire: Wire
  readonly options: FakeModelOptions
  readonly calls: FakeCall[]
  answers: FakeAnswers
  openRequests: number
  sentBytes: number
}

export async function serveFakeModel(wire: Wire, options: FakeModelOptions): Promise<FakeModel> {
  const state: State = { wire, options, calls: [], answers: options.answers ?? { text: 'Done.' }, openRequests: 0, sentBytes: 0 }
  const server = createServer((request, response) => void answer(state, request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server that listens has an address, and it is no path.
  const { port } = server.address() as AddressInfo
  const close = () => closeServer(server)
  return {
    baseUrl: `http://127.0.0.1:${port}${wire.basePath}`,
    get answers() {
      return state.answers
    },
    set answers(answers) {
      state.answers = answers
    },
    calls: state.calls,
    get openRequests() {
      return state.openRequests
    },
    get sentBytes() {
      return state.sentBytes
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  state.openRequests += 1
  response.once('close', () => (state.openRequests -= 1))
  try {
    const text = await readText(request)
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const key = keyOf(request)
    if (state.options.keys && !state.options.keys.includes(key)) {
      // Providers do repeat the key in this message.
      refuse(state, response, {
        status: state.wire.unknownKeyStatus ?? 401,
        code: 'invalid_api_key',
        message: `Incorrect API key provided: ${key}.`,
      })
    } else if (request.method === 'POST' && state.wire.isCall(path)) {
      await answerCall(state, response, { path, headers: request.headers, body: parseBody(text), text })
    } else if (request.method === 'GET') listModels(state, response, path)
    else refuse(state, response, { status: 404, message: `There is no ${request.method} ${path}.` })
  } catch (error) {
    // A client that left is none of a test's failures; anything else is seen by the client as a broken connection.
    response.destroy(error instanceof Error ? error : undefined)
  }
}

function keyOf({ headers }: IncomingMessage): string {
  const own = headers['x-api-key'] ?? headers['x-goog-api-key']
  return typeof own === 'string' ? own : (headers.authorization ?? '').replace(/^Bearer /, '')
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  // Nobody set an encoding, so chunks are buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function parseBody(text: string): FakeCall['body'] {
  const body: unknown = JSON.parse(text)
  return isObject(body) ? body : {}
}

function listModels({ wire, options }: State, response: ServerResponse, path: string): void {
  const models = (options.models ?? []).map((id) => wire.model(id))
  const id = decodeURIComponent(path.split('/models/')[1] ?? '')
  const found = options.models?.includes(id) ? wire.model(id) : undefined
  if (path.endsWith('/models')) return sendJson(response, { status: 200, body: { object: 'list', data: models, has_more: false } })
  if (found) return sendJson(response, { status: 200, body: found })
  sendJson(response, { status: 404, body: wire.error({ status: 404, code: 'not_found_error', message: `model: ${id}` }) })
}

async function answerCall(state: State, response: ServerResponse, call: FakeCall): Promise<void> {
  state.calls.push(call)
  const fault = state.wire.fault(call)
  const given: FakeAnswer =
    fault === null ? await chooseAnswer(state, call) : { status: 400, code: 'invalid_request_error', message: fault }
  if ('status' in given) return refuse(state, response, given)
  const delivery = 'raw' in given ? {} : (given.delivery ?? {})
  await delivery.waitFor
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  response.flushHeaders()
  await sendEvents(state, response, { events: 'raw' in given ? [given.raw] : state.wire.events(given, call), delivery })
}

async function chooseAnswer({ answers, calls }: State, call: FakeCall): Promise<FakeAnswer> {
  if (typeof answers === 'function') return answers(call)
  if (!isList(answers)) return answers
  return answers[calls.length - 1] ?? { status: 500, message: `The script has no answer to call ${calls.length}.` }
}

function isList(answers: FakeAnswers): answers is readonly FakeAnswer[] {
  return Array.isArray(answers)
}

async function sendEvents(
  state: State,
  response: ServerResponse,
  { events, delivery }: { events: Iterable<string>; delivery: FakeDelivery },
): Promise<void> {
  let sent = 0
  for (const event of events) {
    if (sent === delivery.endAfter) break
    if (sent === delivery.cutAfter) return void response.socket?.resetAndDestroy()
    if (sent === delivery.hangAfter) return
    await send(state, response, { bytes: Buffer.from(event), atOnce: delivery.bytesAtOnce })
    sent += 1
  }
  response.end()
}

async function send(
  state: State,
  response: ServerResponse,
  { bytes, atOnce }: { bytes: Buffer; atOnce: number | undefined },
): Promise<void> {
  const size = atOnce ?? bytes.length
  for (let start = 0; start < bytes.length; start += size) {
    const slice = bytes.subarray(start, start + size)
    await new Promise<void>((resolve, reject) => response.write(slice, (error) => (error ? reject(error) : resolve())))
    state.sentBytes += slice.length
  }
}

function refuse({ wire }: State, response: ServerResponse, refusal: FakeRefusal): void {
  const { status, headers = {} } = refusal
  sendJson(response, { status, body: wire.error(refusal), headers })
}

interface JsonAnswer {
  readonly status: number
  readonly body: JsonObject
  readonly headers?: Readonly<Record<string, string>>
}

function sendJson(response: ServerResponse, { status, body, headers = {} }: JsonAnswer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_fake', ...headers })
  response.end(JSON.stringify(body))
}
