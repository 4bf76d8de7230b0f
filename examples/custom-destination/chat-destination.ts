import { DESTINATION_SPEC, type DeliveryResult, type Destination } from '@engine/core/plugin'
import { z } from 'zod'

const Config = z.strictObject({ room: z.string().min(1).max(100), token: z.string().min(1).max(200) })
type Config = z.infer<typeof Config>

/**
 * Events as messages in rooms of a chat that has an HTTP API. Where it is, says whoever runs the program: an address that a route could
 * choose has to be asked by @engine/outbound (docs/outbound.md).
 */
export function chatDestination({ url }: { url: string }): Destination<Config> {
  const call = (config: Config, what: { method: string; body?: string; headers?: Record<string, string>; signal: AbortSignal }) =>
    fetch(new URL(`rooms/${encodeURIComponent(config.room)}`, url), {
      ...what,
      redirect: 'error',
      headers: { authorization: `Bearer ${config.token}`, 'content-type': 'application/json', ...what.headers },
    })
  return {
    spec: DESTINATION_SPEC,
    type: 'chat',
    title: 'A room of our chat',
    configSchema: Config,
    secretFields: ['token'],
    alwaysSecret: ['token'],
    async deliver({ config, deliveryId, event, body, signal }) {
      if (signal.aborted) return { kind: 'retry', reason: 'stopped' }
      const text = body.kind === 'text' ? body.text : `${event.type}: ${JSON.stringify(body.value)}`
      // Under the same id in every try, the chat leaves out what it has.
      const message = { method: 'POST', body: JSON.stringify({ text }), headers: { 'idempotency-key': deliveryId }, signal }
      try {
        return await resultOf(await call(config, message))
      } catch (error) {
        return { kind: 'retry', reason: `no answer: ${error instanceof Error ? error.message : String(error)}` }
      }
    },
    async test({ config, signal }) {
      const check = (status: 'passed' | 'failed', message: string) => ({ checks: [{ name: 'room', status, message }] })
      try {
        const { ok, status } = await call(config, { method: 'GET', signal })
        return ok ? check('passed', 'The room takes messages.') : check('failed', `The chat answered ${status}: is the token right?`)
      } catch {
        return check('failed', 'The chat does not answer.')
      }
    },
  }
}

/** What may succeed later is tried again, what never will is for somebody to look at. */
async function resultOf(response: Response): Promise<DeliveryResult> {
  const { ok, status, headers } = response
  await response.body?.cancel()
  if (ok) return { kind: 'delivered', status }
  if (status !== 429 && status < 500) return { kind: 'parked', status, reason: `The chat refused it with ${status}.` }
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return { kind: 'retry', status, reason: `The chat answered ${status}.`, ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }) }
}
