import { definePlugin, DESTINATION_SPEC, z } from '@engine/core/plugin'
import type { DeliveryResult, Destination } from '@engine/core/plugin'

export interface ZapierOptions {
  /** The hosts of catch hooks; `hooks.zapier.com` when left out. One on this machine may be reached without TLS. */
  readonly hosts?: readonly string[]
}

const longestAnswer = 2_048

/** A destination `zapier`: each event that a route matches is posted to a catch hook as JSON. */
export function zapier(options: ZapierOptions = {}) {
  const hosts = options.hosts ?? ['hooks.zapier.com']
  return definePlugin({
    id: 'zapier',
    version: '1.0.0',
    engine: '^1',
    title: 'Zapier',
    description: 'Sends events to catch hooks of Zapier.',
    capabilities: { hosts: [...hosts], secrets: ['url'] },
    destinations: [createDestination(hosts)],
  })
}

function createDestination(hosts: readonly string[]): Destination<{ url: string }> {
  return {
    spec: DESTINATION_SPEC,
    type: 'zapier',
    title: 'Zapier catch hook',
    configSchema: z.strictObject({ url: z.string().min(1).max(2_000) }),
    secretFields: ['url'],
    async deliver({ config, event, body, deliveryId, signal }) {
      const url = hookOf(config.url, hosts)
      if (!url) return { kind: 'parked', reason: `the url is no catch hook of ${hosts.join(' or ')}` }
      const content = body.kind === 'json' ? JSON.stringify(body.value) : body.text
      const headers = {
        'content-type': body.kind === 'json' ? 'application/json' : body.contentType,
        'x-engine-delivery': deliveryId,
        'x-engine-event': event.type,
      }
      return post(url, { headers, body: content, signal })
    },
    // To send a sample would start somebody's Zap.
    async test({ config }) {
      const isHook = hookOf(config.url, hosts) !== null
      const message = isHook ? 'It is a catch hook; nothing was sent.' : `Name a catch hook of ${hosts.join(' or ')}.`
      return { checks: [{ name: 'url', status: isHook ? 'passed' : 'failed', message }] }
    },
  }
}

/** The address, when it is one of a hook: by TLS, or on this machine. */
function hookOf(text: string, hosts: readonly string[]): URL | null {
  const url = URL.parse(text)
  if (!url || !hosts.includes(url.host)) return null
  const isHere = url.protocol === 'http:' && url.hostname === '127.0.0.1'
  return url.protocol === 'https:' || isHere ? url : null
}

async function post(url: URL, request: { headers: Record<string, string>; body: string; signal: AbortSignal }): Promise<DeliveryResult> {
  try {
    const answer = await fetch(url, { ...request, method: 'POST', redirect: 'error' })
    const response = (await answer.text()).slice(0, longestAnswer)
    const said = { status: answer.status, response }
    if (answer.ok) return { kind: 'delivered', ...said }
    const isForGood = answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429
    const reason = `the hook answered ${answer.status}`
    return isForGood ? { kind: 'parked', reason, ...said } : { kind: 'retry', reason, ...said }
  } catch (error) {
    return { kind: 'retry', reason: `the hook could not be reached: ${error instanceof Error ? error.message : String(error)}` }
  }
}
