import type { AdapterTestOptions, AdapterTestReport } from '@engine/core/plugin'
import type { Outbound } from '@engine/outbound'

import { describeError } from '../remote/failures.ts'
import type { HttpConfig } from './config.ts'

type Check = AdapterTestReport['checks'][number]

/** Whether the URL may be asked, and whether somebody answers there. A HEAD begins no work. */
export async function tryHttp(outbound: Outbound, { config, signal }: AdapterTestOptions<HttpConfig>): Promise<AdapterTestReport> {
  const { origin } = new URL(config.url)
  try {
    await outbound.check(config.url)
  } catch (error) {
    return { checks: [{ name: 'address', status: 'failed', message: describeError(error) }] }
  }
  const address: Check = { name: 'address', status: 'passed', message: `${origin} may be asked.` }
  try {
    const request = { method: 'HEAD', headers: config.headers, signal, timeoutMs: 5_000, maxRedirects: 0 } as const
    const { status } = await outbound.fetch(config.url, request)
    return { checks: [address, answered(origin, status)] }
  } catch (error) {
    return { checks: [address, { name: 'answer', status: 'failed', message: describeError(error) }] }
  }
}

function answered(origin: string, status: number): Check {
  if (status === 401 || status === 403)
    return { name: 'answer', status: 'failed', message: `${origin} answered ${status}: it does not take these credentials.` }
  if (status >= 500) return { name: 'answer', status: 'warned', message: `${origin} answered ${status}.` }
  // A server that only takes POST may well say 404 or 405 to this.
  return { name: 'answer', status: 'passed', message: `${origin} answers (${status} to a HEAD).` }
}
