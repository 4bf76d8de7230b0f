import { createClient, type Client } from '@engine/client'

import { UsageError } from './value.ts'

/** What every operation takes beside its input. */
export interface CallFlags {
  readonly server?: string
  readonly json?: boolean
  readonly data?: string
  readonly all?: boolean
  readonly output?: string
  readonly dir?: string
  readonly yes?: boolean
}

/** A key only from the environment: arguments are seen by everybody on a machine. @throws UsageError for an address that would show it */
export async function connect({ server }: Pick<CallFlags, 'server'>): Promise<Client> {
  const address = server ?? process.env['ENGINE_URL'] ?? ''
  const key = process.env['ENGINE_API_KEY'] ?? ''
  const url = readAddress(address === '' ? 'http://127.0.0.1:4400' : address)
  if (key !== '' && url.protocol === 'http:' && !(await import('@engine/http')).isLoopback(url.hostname))
    throw new UsageError(`${url.origin} is not https, and ENGINE_API_KEY would cross the network for all to read. Use https://, or no key.`)
  return createClient({ url, ...(key !== '' && { key }) })
}

function readAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url
  throw new UsageError(`--server (or ENGINE_URL) must be an http:// or https:// address, not "${text}".`)
}

/** The company that commands are about when they name none. */
export function defaultCompany(): string | undefined {
  const id = process.env['ENGINE_COMPANY_ID'] ?? ''
  return id === '' ? undefined : id
}
