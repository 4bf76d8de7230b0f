import { DESTINATION_SPEC, definePlugin, z, type DeliveryResult, type Destination } from '@engine/core/plugin'

const Config = z.strictObject({ url: z.string().min(1), token: z.string().min(1) })
type Config = z.output<typeof Config>

/** Replace what is sent, and how answers are read. */
export const postbox: Destination<Config> = {
  spec: DESTINATION_SPEC,
  type: 'postbox',
  title: 'Postbox',
  configSchema: Config,
  secretFields: ['token'],
  async deliver({ config, deliveryId, body, signal, redactor }) {
    const text = body.kind === 'json' ? JSON.stringify(body.value) : body.text
    const result = await post(config, { text, id: deliveryId, signal })
    return result.response === undefined ? result : { ...result, response: redactor.redact(result.response).slice(0, 2_000) }
  },
  async test({ config, signal }) {
    const { kind } = await post(config, { text: '{"type":"engine.test"}', id: 'test', signal })
    const isTaken = kind === 'delivered'
    return {
      checks: [
        { name: 'url', status: isTaken ? 'passed' : 'failed', message: isTaken ? 'It took a sample.' : 'It did not take a sample.' },
      ],
    }
  },
}

async function post({ url, token }: Config, given: { text: string; id: string; signal: AbortSignal }): Promise<DeliveryResult> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-delivery-id': given.id }
  const answer = await fetch(url, { method: 'POST', headers, body: given.text, signal: given.signal, redirect: 'error' }).catch(() => null)
  if (!answer) return { kind: 'retry', reason: 'there was no answer' }
  const said = { status: answer.status, response: await answer.text().catch(() => '') }
  if (answer.ok) return { kind: 'delivered', ...said }
  const isForNow = answer.status >= 500 || [408, 425, 429].includes(answer.status)
  return { kind: isForNow ? 'retry' : 'parked', reason: `it answered ${answer.status}`, ...said }
}

export default () => definePlugin({ id: 'postbox', version: '0.1.0', engine: '^1', destinations: [postbox] })
