import type { ModeOptions, ServerMode } from '@engine/http'

import { readList, type Environment } from './settings.ts'

/** Who a server lets in, as `engine serve` is told. */
export interface AccessFlags {
  readonly mode?: string
  readonly publicUrl?: readonly string[]
  readonly trustProxy?: readonly string[]
}

export type Access = Required<Omit<ModeOptions, 'host'>>

/** A flag wins over its environment variable. The server itself says what does not fit together. @throws for an unknown mode */
export function readAccess(flags: AccessFlags, environment: Environment): Access {
  return {
    mode: readMode(flags.mode ?? environment['ENGINE_MODE']),
    publicUrls: flags.publicUrl ?? readList(environment['ENGINE_PUBLIC_URL']),
    trustedProxies: flags.trustProxy ?? readList(environment['ENGINE_TRUST_PROXY']),
  }
}

function readMode(text: string | undefined): ServerMode {
  if (text === undefined || text === '') return 'local_trusted'
  if (text === 'local_trusted' || text === 'authenticated') return text
  throw new Error(`ENGINE_MODE (or --mode) must be local_trusted or authenticated, not "${text}".`)
}

/** The address that somebody opens with what only they were given: behind the #, browsers tell it to no server. */
export function linkTo(page: 'setup' | 'password', { server, key }: { server: string; key: string }): string {
  return `${server.replace(/\/+$/, '')}/${page}#${key}`
}

/** What is amiss with an address that only a proxy can have, and no proxy that is believed; null when nothing is. */
export function proxyWarning({ publicUrls, trustedProxies }: Access): string | null {
  const [url] = publicUrls.filter((each) => each.startsWith('https:'))
  if (url === undefined || trustedProxies.length > 0) return null
  return `Warning: ${url} is served by a proxy, and none is believed, so that everybody seems to come from its address: wrong passwords of one person
keep others waiting. Name the proxy by --trust-proxy (ENGINE_TRUST_PROXY).`
}
