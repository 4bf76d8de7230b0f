import { createRedactor, type DeliveredFile, type DeliveryRequest, type DeliveryResult, type Destination } from '@engine/core/plugin'

import { until } from '../until.ts'
import type { DestinationToTest, Receiver } from './receiver.ts'

export interface Wish extends Partial<Pick<DeliveryRequest<unknown>, 'deliveryId' | 'attempt' | 'body' | 'files' | 'signal'>> {
  /** Stands in the event and in its body. */
  readonly title?: string
  readonly config?: Receiver['config']
}

interface Sent {
  readonly result: Promise<DeliveryResult>
  /** Everything that it wrote into the log of the host. */
  readonly logged: readonly string[]
}

let deliveries = 0

export function newDeliveryId(): string {
  deliveries += 1
  return `00000000-0000-7000-8000-${String(deliveries).padStart(12, '0')}`
}

/** Sends one delivery, as the deliverer of Engine would. */
export function deliver({ secrets = [] }: DestinationToTest, destination: Destination, given: { receiver: Receiver; wish?: Wish }): Sent {
  const { receiver, wish = {} } = given
  const title = wish.title ?? 'Report on chairs'
  const logged: string[] = []
  const log = (message: string, fields?: Record<string, unknown>) => void logged.push(JSON.stringify([message, fields]))
  const data = { title, tags: ['wood'], task: { identifier: 'ENG-1' } }
  const result = destination.deliver({
    config: destination.configSchema.parse(wish.config ?? receiver.config),
    deliveryId: wish.deliveryId ?? newDeliveryId(),
    attempt: wish.attempt ?? 1,
    event: { id: newDeliveryId(), type: 'deliverable.approved', companyId: 'company', occurredAt: '2026-11-21T10:00:00.000Z', data },
    body: wish.body ?? { kind: 'json', value: data },
    files: wish.files ?? [],
    signal: wish.signal ?? new AbortController().signal,
    logger: { debug: log, info: log, warn: log, error: log },
    redactor: createRedactor(secrets.map((value, index) => ({ name: `SECRET_${index}`, value }))),
  })
  // A test that looks at something else first hears of it when it asks for the result.
  result.catch(() => undefined)
  return { result, logged }
}

export function fileOf(name: string, text: string): DeliveredFile {
  const bytes = Buffer.from(text)
  return {
    name,
    contentType: 'text/plain',
    size: bytes.length,
    async *open() {
      yield bytes.subarray(0, 3)
      yield bytes.subarray(3)
    },
  }
}

/** What the receiver took, once it is so much. */
export function takenBy(receiver: Receiver, count: number) {
  return until(
    () => receiver.received(),
    (taken) => taken.length >= count,
  )
}
