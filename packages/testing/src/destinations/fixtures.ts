import { setTimeout as sleep } from 'node:timers/promises'

import { DESTINATION_SPEC, type DeliveryRequest, type DeliveryResult, type Destination } from '@engine/core/plugin'
import { z } from 'zod'

import type { Answering, Received, Receiver } from './receiver.ts'

export const right = 'canary-4711'
const Config = z.strictObject({ token: z.string(), size: z.number().default(1) })
type Config = z.infer<typeof Config>

/** A receiver in this process. */
export interface Letterbox extends Receiver {
  put(letter: Received, token: string): Promise<DeliveryResult>
}

export function openLetterbox(): Letterbox {
  let how: Answering = 'take'
  let asked = 0
  const received: Received[] = []
  const answers: Record<Answering, () => DeliveryResult | Promise<DeliveryResult>> = {
    take: () => ({ kind: 'delivered' }),
    busy: () => ({ kind: 'retry', reason: 'busy', retryAfterMs: 3_000 }),
    refuse: () => ({ kind: 'parked', reason: 'refused' }),
    silent: () => sleep(3_600_000, { kind: 'delivered' }, { ref: false }),
    gone: () => ({ kind: 'retry', reason: 'gone' }),
    echo: () => ({ kind: 'parked', reason: 'refused', response: right }),
  }
  return {
    config: { token: right },
    wrongConfig: { token: 'wrong' },
    busyForMs: 3_000,
    answer: (next) => void (how = next),
    received: () => received,
    asked: () => asked,
    async put(letter, token) {
      asked += 1
      if (token !== right) return { kind: 'parked', reason: 'no such token' }
      const result = await answers[how]()
      if (result.kind === 'delivered') received.push(letter)
      return result
    },
    async dispose() {},
  }
}

/** A destination that does all that it should. */
export function letterboxDestination(box: () => Letterbox): Destination<Config> {
  return {
    spec: DESTINATION_SPEC,
    type: 'letterbox',
    title: 'A letterbox',
    configSchema: Config,
    secretFields: ['token'],
    async deliver(request) {
      if (request.signal.aborted) return { kind: 'retry', reason: 'stopped' }
      const letter = { id: request.deliveryId, text: await textOf(request) }
      const stopped = Promise.withResolvers<DeliveryResult>()
      request.signal.addEventListener('abort', () => stopped.resolve({ kind: 'retry', reason: 'stopped' }))
      const result = await Promise.race([box().put(letter, request.config.token), stopped.promise])
      return 'response' in result && result.response !== undefined
        ? { ...result, response: request.redactor.redact(result.response) }
        : result
    },
    async test({ config, signal }) {
      const isRight = config.token === right && !signal.aborted
      return { checks: [{ name: 'token', status: isRight ? 'passed' : 'failed', message: isRight ? 'It is taken.' : 'It is not taken.' }] }
    },
  }
}

async function textOf({ body, files }: DeliveryRequest<Config>): Promise<string> {
  const texts = [body.kind === 'text' ? body.text : JSON.stringify(body.value)]
  for (const file of files) {
    const chunks: Uint8Array[] = []
    for await (const chunk of file.open()) chunks.push(chunk)
    texts.push(Buffer.concat(chunks).toString())
  }
  return texts.join('\n')
}
