import type { FailureClass, JsonObject } from '@engine/core/plugin'
import type { Outbound, OutboundResponse } from '@engine/outbound'
import type { z } from 'zod'

import { failed, Refusal } from '../failures.ts'
import { statusFailure } from '../remote/failures.ts'
import type { A2aConfig } from './config.ts'
import { Card, Reply } from './messages.ts'

/** How much of an answer is read. */
const maxBytes = 4 * 1_048_576
const protocolVersion = '1.0'

const classByCode: Readonly<Record<number, FailureClass>> = {
  [-32_600]: 'bad_request',
  [-32_601]: 'config',
  [-32_602]: 'bad_request',
  // The task is not there any more; the version is not spoken.
  [-32_001]: 'bad_request',
  [-32_009]: 'config',
}

export interface A2aClient {
  /** @throws Refusal, OutboundError */
  call<Result>(method: string, params: JsonObject, given: { result: z.ZodType<Result>; signal: AbortSignal }): Promise<Result>
}

type Settings = Pick<A2aConfig, 'url' | 'headers' | 'requestTimeoutSec'>

/** Reads the card of an agent and gives the way to talk to it. @throws Refusal, OutboundError */
export async function connect(outbound: Outbound, config: Settings, signal: AbortSignal): Promise<{ client: A2aClient; name: string }> {
  const folder = config.url.endsWith('/') ? config.url : `${config.url}/`
  const { href } = new URL('.well-known/agent-card.json', folder)
  const card = read(await ask(outbound, config, { url: href, signal }), Card)
  const found = card.supportedInterfaces.find(
    ({ protocolBinding: binding, protocolVersion: version }) => binding === 'JSONRPC' && version.startsWith('1.'),
  )
  if (!found) throw refusal('config', `${href} names no interface JSONRPC of version 1.`)
  const endpoint = URL.parse(found.url, href)
  // Credentials go nowhere but to the origin that an operator set.
  if (endpoint?.origin !== new URL(href).origin)
    throw refusal('config', `${href} names an interface of another origin: ${found.url.slice(0, 200)}`)
  return { name: card.name, client: clientOf(outbound, config, endpoint) }
}

function clientOf(outbound: Outbound, config: Settings, { href: url }: URL): A2aClient {
  return {
    async call(method, params, { result, signal }) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
      const reply = read(await ask(outbound, config, { url, body, signal }), Reply)
      if (reply.error) {
        const { code, message } = reply.error
        throw refusal(classByCode[code] ?? 'unknown', `${method} was answered with the error ${code}: ${message}`)
      }
      const parsed = result.safeParse(reply.result)
      if (!parsed.success) throw refusal('bad_request', `${method} was answered with something else than the protocol asks for.`)
      return parsed.data
    },
  }
}

interface Question {
  readonly url: string
  readonly body?: string
  readonly signal: AbortSignal
}

async function ask(
  outbound: Outbound,
  { headers, requestTimeoutSec }: Settings,
  { url, body, signal }: Question,
): Promise<OutboundResponse> {
  const response = await outbound.fetch(url, {
    ...(body !== undefined && { method: 'POST', body }),
    headers: { ...headers, 'a2a-version': protocolVersion, ...(body !== undefined && { 'content-type': 'application/json' }) },
    signal,
    timeoutMs: requestTimeoutSec * 1_000,
    maxBytes,
    maxRedirects: 0,
  })
  if (response.status < 200 || response.status >= 300) throw new Refusal(statusFailure(response, Date.now()))
  return response
}

function read<Value>({ url, body }: OutboundResponse, schema: z.ZodType<Value>): Value {
  try {
    const parsed = schema.safeParse(JSON.parse(new TextDecoder().decode(body)))
    if (parsed.success) return parsed.data
  } catch {
    // It is no JSON either.
  }
  throw refusal('bad_request', `${new URL(url).origin} answered with something else than the protocol asks for.`)
}

function refusal(failure: FailureClass, message: string): Refusal {
  return new Refusal(failed(failure, message.slice(0, 2_000)))
}
