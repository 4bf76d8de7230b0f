import type { PrepareContext, QueryContext } from '../kernel/command.ts'
import { hashSecret, newSecret } from '../kernel/secret.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import type { Scheme } from './schema.ts'
import { bearerOf, isEqual, isSigned, type Delivery } from './signatures.ts'
import type { RoutineTriggerTable } from './table.ts'

/** How long a key counts after another one took its place, milliseconds. */
export const previousKeyMs = 24 * 3_600_000

/** A key as it is shown once, and as its trigger keeps it. */
export interface TriggerKey {
  readonly key: string
  /** Of a bearer only its hash is needed; a key that signs is sealed for its trigger, since it is needed again. */
  readonly text: string
}

/** @throws `secrets_unavailable` for a key that signs, where there is no store of secrets */
export async function newTriggerKey(
  context: PrepareContext,
  { triggerId, scheme }: { triggerId: string; scheme: Scheme },
): Promise<TriggerKey> {
  const { secret: key, hash } = newSecret('hook')
  if (scheme === 'bearer') return { key, text: hash }
  return { key, text: await context.secrets.seal(key, placeOfKey(context, triggerId)) }
}

/** The kept text of the key that a delivery was signed with, or brings; null when it is none of this trigger's. */
export async function keyOfDelivery(
  context: Pick<QueryContext, 'companyId'> & { readonly secrets: SecretStore },
  trigger: RoutineTriggerTable,
  delivery: Delivery,
): Promise<string | null> {
  const texts = [trigger.key_text, trigger.previous_key_text].filter((text) => text !== null)
  const { scheme } = trigger
  if (scheme === null) return null
  if (scheme === 'bearer') {
    const hash = hashSecret(bearerOf(delivery.headers))
    return texts.find((text) => isEqual(text, hash)) ?? null
  }
  for (const text of texts) {
    const key = await context.secrets.open(text, placeOfKey(context, trigger.id))
    if (key !== null && isSigned(scheme, key, delivery)) return text
  }
  return null
}

/** Whether a key still counts. Pure. */
export function isKeyOf(trigger: RoutineTriggerTable, text: string | null, now: string): boolean {
  if (text === null) return false
  if (text === trigger.key_text) return true
  return text === trigger.previous_key_text && trigger.previous_until !== null && trigger.previous_until > now
}

/** A sealed key opens for its own trigger only. */
export function placeOfKey({ companyId }: { companyId: string }, triggerId: string): string {
  return `engine.trigger.v1 ${companyId} ${triggerId}`
}
