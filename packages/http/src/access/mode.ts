import type { UserActor } from '@engine/core'

import { isLoopback } from '../local-guard.ts'
import { publicAddress } from './door.ts'
import type { AccountsOptions } from './entrance.ts'
import { trustProxies } from './proxies.ts'

/** `local_trusted`: whoever reaches it from this machine acts as its owner. `authenticated`: everybody logs in, or has a key. */
export type ServerMode = 'local_trusted' | 'authenticated'

export interface ModeOptions {
  readonly mode?: ServerMode
  /** A loopback address, or with `authenticated` any. */
  readonly host?: string
  /** Under which addresses people reach an authenticated server; the first is where links lead to. */
  readonly publicUrls?: readonly string[]
  /** The proxies that are believed when they say who comes. */
  readonly trustedProxies?: readonly string[]
}

/** The person at this machine: on loopback nobody else can reach the server, so no account is needed. */
export const localOperator: UserActor = { kind: 'user', id: 'local', roles: { '*': 'owner' } }

/** Who a server lets in. @throws for what would let somebody in whom nobody meant */
export function accessOf(options: ModeOptions): { localActor: UserActor } | { accounts: AccountsOptions } {
  const { mode = 'local_trusted', host = '127.0.0.1', publicUrls = [], trustedProxies = [] } = options
  // Plain JavaScript and command lines say anything.
  const said: string = mode
  if (said !== 'local_trusted' && said !== 'authenticated')
    throw new Error(`There is no mode "${said}". Use local_trusted (this machine alone, without accounts) or authenticated.`)
  publicUrls.forEach(publicAddress)
  trustProxies(trustedProxies)
  if (mode === 'local_trusted') return local(host, { publicUrls, trustedProxies })
  if (!isLoopback(host) && publicUrls.length === 0)
    throw new Error(
      `HOST=${host} lets other machines in, so the server must know the address under which people reach it: --public-url https://… (ENGINE_PUBLIC_URL).`,
    )
  return { accounts: { publicUrls, trustedProxies, letsLoopback: isLoopback(host) } }
}

function local(host: string, { publicUrls, trustedProxies }: Required<Pick<ModeOptions, 'publicUrls' | 'trustedProxies'>>) {
  if (!isLoopback(host))
    throw new Error(
      `HOST=${host} would let other machines in, and in the mode local_trusted nobody logs in. Use 127.0.0.1, or --mode authenticated (ENGINE_MODE).`,
    )
  if (publicUrls.length > 0 || trustedProxies.length > 0)
    throw new Error(
      'A public address or a proxy means that others reach this server, and in the mode local_trusted nobody logs in. Use --mode authenticated (ENGINE_MODE).',
    )
  return { localActor: localOperator }
}
