import { createHash, createPublicKey, randomUUID, verify } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'

/** What a connect request may hold, no more. */
const ConnectParams = z.strictObject({
  minProtocol: z.number().int().min(1),
  maxProtocol: z.number().int().min(1),
  client: z.strictObject({
    id: z.enum(['cli', 'gateway-client', 'test']),
    mode: z.enum(['cli', 'ui', 'backend', 'node', 'probe', 'test']),
    version: z.string().min(1),
    platform: z.string().min(1),
    displayName: z.string().min(1).optional(),
  }),
  role: z.literal('operator'),
  scopes: z.array(z.string()),
  caps: z.array(z.string()),
  auth: z.strictObject({ token: z.string().optional(), password: z.string().optional() }),
  device: z
    .strictObject({ id: z.string(), publicKey: z.string(), signature: z.string(), signedAt: z.number().int(), nonce: z.string() })
    .optional(),
})

const AgentParams = z.strictObject({
  message: z.string().min(1),
  agentId: z.string().min(1).optional(),
  sessionKey: z.string().min(1),
  idempotencyKey: z.string().min(1),
  deliver: z.boolean(),
  timeout: z.number().int().min(0),
  extraSystemPrompt: z.string(),
})
type AgentParams = z.infer<typeof AgentParams>

const Request = z.strictObject({ type: z.literal('req'), id: z.string().min(1), method: z.string().min(1), params: z.unknown() })

export interface Job extends AgentParams {
  readonly runId: string
  readonly isAborted: boolean
  event(stream: string, data: object): void
  end(text: string, usage?: object): void
  /** Ends it with any payload of the protocol. */
  finish(payload: object): void
  refuse(error: { code: string; message: string; retryAfterMs?: number }): void
}

export interface GatewayOptions {
  readonly token?: string
  /** Ids of devices that are let in; all that can prove their key when left out. */
  readonly devices?: readonly string[]
  readonly protocol?: number
  readonly nonce?: string | null
  /** What each connection is told. */
  readonly tickIntervalMs?: () => number
  /** How long the answer to each connection is under way. */
  readonly helloDelayMs?: () => number
  /** Answers a request in place of the gateway, such as with what no gateway says. @returns whether it did */
  readonly odd?: (method: string, id: string, socket: WebSocket) => boolean
}

interface Done {
  readonly ok: boolean
  readonly payload: object
  readonly error?: object
}

/** A gateway as the public sources of the protocol describe one, with an agent that does what the test says. */
export class FakeGateway {
  readonly requests: { method: string; params: unknown }[] = []
  readonly open = new Set<string>()
  readonly #server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  readonly #sockets = new Set<WebSocket>()
  readonly #done = new Map<string, { params: AgentParams; done: Done | null }>()
  readonly #work: (job: Job) => unknown
  readonly #options: GatewayOptions
  #startedAt = performance.now()
  url = ''
  begun = 0

  constructor(work: (job: Job) => unknown, options: GatewayOptions) {
    this.#work = work
    this.#options = options
    this.#server.on('connection', (socket) => this.#greet(socket))
  }

  async listen(): Promise<this> {
    await once(this.#server, 'listening')
    // A server that listens on a port has one.
    this.url = `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  /** Cuts all connections; the work goes on. */
  cut(): void {
    for (const socket of this.#sockets) socket.terminate()
  }

  /** As if it was started again: nothing of before is known. */
  restart(): void {
    // When it is asked next, it has just come up.
    this.#startedAt = Infinity
    this.#done.clear()
    this.open.clear()
    this.cut()
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  /** One step of an agent's work, to everybody who is connected. */
  tell(payload: object): void {
    for (const socket of this.#sockets) send(socket, { type: 'event', event: 'agent', payload })
  }

  /** Waits until what was told has left for the other side. */
  async drained(): Promise<void> {
    while ([...this.#sockets].some(({ bufferedAmount }) => bufferedAmount > 0)) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  methods(): string[] {
    return this.requests.map(({ method }) => method)
  }

  #greet(socket: WebSocket): void {
    const { nonce = randomUUID(), odd } = this.#options
    let isIn = false
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    if (nonce !== null) send(socket, { type: 'event', event: 'connect.challenge', payload: { nonce, ts: Date.now() } })
    socket.on('message', (data) => {
      const { id, method, params } = Request.parse(JSON.parse(Buffer.isBuffer(data) ? data.toString() : ''))
      this.requests.push({ method, params })
      const respond = (done: Done) => send(socket, { type: 'res', id, ...done })
      if (odd?.(method, id, socket)) return
      if (!isIn) isIn = this.#connect(params, nonce ?? '', respond)
      else this.#answer(method, params, respond)
      if (!isIn) socket.close(1008, 'not let in')
    })
  }

  #connect(params: unknown, nonce: string, respond: (done: Done) => void): boolean {
    const given = ConnectParams.parse(params)
    const { token, devices, protocol = 4, tickIntervalMs = () => 15_000, helloDelayMs = () => 0 } = this.#options
    const refuse = (code: string, message: string, detail: string) => {
      respond({ ok: false, payload: {}, error: { code, message, details: { code: detail } } })
      return false
    }
    if (given.maxProtocol < protocol) return refuse('INVALID_REQUEST', 'protocol mismatch', 'PROTOCOL_MISMATCH')
    if (given.auth.token !== token) return refuse('INVALID_REQUEST', 'unauthorized: gateway token mismatch', 'AUTH_TOKEN_MISMATCH')
    const wrong = given.device ? whatIsWrong(given, given.device, nonce) : null
    if (wrong !== null) return refuse('INVALID_REQUEST', 'device auth failed', wrong)
    if (devices && !devices.includes(given.device?.id ?? '')) return refuse('NOT_PAIRED', 'pairing required', 'PAIRING_REQUIRED')
    const snapshot = { presence: [], health: {}, stateVersion: { presence: 0, health: 0 }, uptimeMs: this.#uptimeMs() }
    const policy = { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: tickIntervalMs() }
    const features = { methods: ['agent', 'agent.wait'], events: ['agent', 'tick'] }
    const auth = { role: given.role, scopes: given.scopes }
    const hello = { type: 'hello-ok', protocol, server: { version: '2026.9.6', connId: randomUUID() }, features, snapshot, auth, policy }
    setTimeout(() => respond({ ok: true, payload: hello }), helloDelayMs())
    return true
  }

  #uptimeMs(): number {
    return Math.max(0, Math.round(performance.now() - this.#startedAt))
  }

  #answer(method: string, params: unknown, respond: (done: Done) => void): void {
    if (method === 'agent') return this.#begin(AgentParams.parse(params), respond)
    if (method === 'sessions.abort') {
      const { runId = '' } = z.strictObject({ key: z.string(), runId: z.string().optional() }).parse(params)
      this.open.delete(runId)
      return respond({ ok: true, payload: { ok: true, abortedRunId: runId, status: 'aborted' } })
    }
    if (method === 'agent.wait') return void this.#wait(z.strictObject({ runId: z.string(), timeoutMs: z.number() }).parse(params), respond)
    if (method === 'chat.history') {
      const { sessionKey } = z.strictObject({ sessionKey: z.string(), limit: z.number() }).parse(params)
      const texts = [...this.#done.values()].filter(({ params: asked }) => asked.sessionKey === sessionKey)
      const messages = texts.flatMap(({ params: { message }, done }) => [
        { role: 'user', content: message },
        { role: 'assistant', content: [{ type: 'text', text: z.looseObject({ said: z.string() }).parse(done?.payload).said }] },
      ])
      return respond({ ok: true, payload: { sessionKey, messages } })
    }
    respond({ ok: false, payload: {}, error: { code: 'INVALID_REQUEST', message: `unknown method: ${method}` } })
  }

  #begin(params: AgentParams, respond: (done: Done) => void): void {
    const runId = params.idempotencyKey
    const known = this.#done.get(runId)
    if (known) return respond(known.done ?? { ok: true, payload: { runId, status: 'accepted' } })
    const kept: { params: AgentParams; done: Done | null } = { params, done: null }
    this.#done.set(runId, kept)
    this.begun += 1
    this.open.add(runId)
    respond({ ok: true, payload: { runId, status: 'accepted', acceptedAt: Date.now() } })
    const settle = (done: Done) => {
      kept.done = done
      this.open.delete(runId)
      respond(done)
    }
    let seq = 0
    const { open } = this
    this.#work({
      ...params,
      runId,
      get isAborted() {
        return !open.has(runId)
      },
      event: (stream, data) => {
        seq += 1
        this.tell({ runId, seq, stream, ts: Date.now(), data })
      },
      end: (text, usage) => {
        const agentMeta = { sessionId: 's', provider: 'anthropic', model: 'claude-sonnet-5', ...(usage && { usage }) }
        const result = { payloads: [{ text, mediaUrl: null }], meta: { durationMs: 5, agentMeta } }
        settle({ ok: true, payload: { runId, status: 'ok', summary: 'completed', result, said: text } })
      },
      finish: (payload) => settle({ ok: true, payload: { runId, ...payload } }),
      refuse: (error) => settle({ ok: false, payload: { runId, status: 'error', summary: error.message }, error }),
    })
  }

  async #wait({ runId, timeoutMs }: { runId: string; timeoutMs: number }, respond: (done: Done) => void): Promise<void> {
    const until = performance.now() + Math.min(timeoutMs, 100)
    while (this.open.has(runId) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    const done = this.#done.get(runId)?.done
    const end = done ? { status: done.ok ? 'ok' : 'error', startedAt: 1, endedAt: 2 } : { status: 'timeout' }
    respond({ ok: true, payload: { runId, ...end } })
  }
}

export async function serveGateway(work: (job: Job) => unknown, options: GatewayOptions = {}): Promise<FakeGateway> {
  return new FakeGateway(work, options).listen()
}

function send(socket: WebSocket, frame: object): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
}

type Given = z.infer<typeof ConnectParams>

/** As a gateway proves a device: by its own reading of what was signed. */
function whatIsWrong(given: Given, { id, publicKey, signature, signedAt, nonce: told }: NonNullable<Given['device']>, nonce: string) {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' })
  const { client, role, scopes, auth } = given
  const signed = ['v3', id, client.id, client.mode, role, scopes.join(','), signedAt, auth.token ?? '', nonce, client.platform, '']
  if (createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex') !== id) return 'DEVICE_AUTH_DEVICE_ID_MISMATCH'
  if (told !== nonce) return 'DEVICE_AUTH_NONCE_MISMATCH'
  const isSigned = verify(null, Buffer.from(signed.join('|')), key, Buffer.from(signature, 'base64url'))
  return isSigned ? null : 'DEVICE_AUTH_SIGNATURE_INVALID'
}
