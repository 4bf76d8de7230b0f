import type { Outbound } from '@engine/outbound'

import { failed, Refusal } from '../failures.ts'
import type { OpenClawConfig } from './config.ts'
import { Connection } from './connection.ts'
import { readDevice, type Device } from './device.ts'
import { handshakeRefusal, malformed } from './failures.ts'
import { Challenge, Hello, type Failure } from './messages.ts'
import { beginSocket } from './socket.ts'

const protocol = 4
const role = 'operator'
const scopes = ['operator.read', 'operator.write']
/** One of those that the protocol names: a program that works for others. */
const client = { id: 'gateway-client', mode: 'backend', version: '1', platform: process.platform, displayName: 'Engine' }

export interface Gateway {
  readonly connection: Connection
  readonly hello: Hello
  readonly device: Device | null
  /** It was started then or later, by the clock of this process: as long before it was asked as it says that it runs. */
  readonly startedAfter: number
}

export interface Connecting {
  readonly signal: AbortSignal
  onEvent(name: string, payload: unknown): Promise<void>
}

/** Connects, and lets the gateway know who is there. @throws Refusal, OutboundError */
export async function connectGateway(outbound: Outbound, config: OpenClawConfig, { signal, onEvent }: Connecting): Promise<Gateway> {
  const device = config.deviceKey === undefined ? null : readDevice(config.deviceKey)
  const { requestTimeoutSec } = config
  const socket = await beginSocket(outbound, config.url, requestTimeoutSec * 1_000)
  const challenge = Promise.withResolvers<string>()
  const connection = new Connection(socket, async (name, payload) => {
    if (name !== 'connect.challenge') return onEvent(name, payload)
    const parsed = Challenge.safeParse(payload)
    if (!parsed.success) throw malformed('a challenge without a nonce')
    challenge.resolve(parsed.data.nonce)
  })
  const patience = AbortSignal.timeout(requestTimeoutSec * 1_000)
  try {
    const given = { nonce: challenge.promise, device, signal: AbortSignal.any([signal, patience]) }
    const askedAt = performance.now()
    const hello = await introduce(connection, config, given)
    connection.watch(hello.policy.tickIntervalMs)
    return { connection, hello, device, startedAfter: askedAt - (hello.snapshot.uptimeMs ?? Infinity) }
  } catch (error) {
    connection.end(error)
    if (patience.aborted && !signal.aborted)
      throw new Refusal(failed('timeout', `The gateway did not let this side in within ${requestTimeoutSec} s.`))
    throw error
  }
}

interface Introduction {
  readonly nonce: Promise<string>
  readonly device: Device | null
  readonly signal: AbortSignal
}

async function introduce(connection: Connection, config: OpenClawConfig, { nonce, device, signal }: Introduction): Promise<Hello> {
  const refuse = (failure: Failure) => handshakeRefusal(failure, device)
  const hello = await connection.ask('connect', connectParams(config, device, await connection.while(nonce, signal)), {
    result: Hello,
    signal,
    refuse,
  })
  if (hello.protocol !== protocol)
    throw new Refusal(failed('config', `The gateway speaks version ${hello.protocol} of the protocol, and not ${protocol}.`))
  return hello
}

function connectParams({ token, password }: OpenClawConfig, device: Device | null, nonce: string): object {
  const auth = { ...(token !== undefined && { token }), ...(password !== undefined && { password }) }
  return {
    minProtocol: protocol,
    maxProtocol: protocol,
    client,
    role,
    scopes,
    // Without it the gateway does not tell which tools its agent uses.
    caps: ['tool-events'],
    auth,
    ...(device && { device: prove(device, { nonce, token: token ?? '', signedAt: Date.now() }) }),
  }
}

function prove(device: Device, { nonce, token, signedAt }: { nonce: string; token: string; signedAt: number }): object {
  const { id, publicKey } = device
  const family = ''
  const said = ['v3', id, client.id, client.mode, role, scopes.join(','), signedAt, token, nonce, client.platform, family]
  return { id, publicKey, signature: device.sign(said.join('|')), signedAt, nonce }
}
