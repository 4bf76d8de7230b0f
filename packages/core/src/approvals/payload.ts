import { canonicalJson, sha256, type JsonObject, type JsonValue } from '../kernel/json.ts'
import type { ApprovalType } from './schema.ts'

/** Parts of a hire that are executable configuration and may hold secrets. */
const configuration = ['adapterConfig', 'profiles', 'fallbacks']

/** Of all of a payload, whoever may see it: a decision is about one content and no other. */
export function hashPayload(payload: JsonObject): string {
  return sha256(canonicalJson(payload))
}

/** The configuration that a hire asks for, by the names of its fields. Pure. */
export function configurationIn(payload: JsonObject): string[] {
  return configuration.filter((field) => !isEmpty(payload[field]))
}

/** A payload as one may see it, and whether that is all of it. Pure. */
export function visiblePayload(
  row: { type: ApprovalType; payload: string },
  view: { showsConfig: boolean },
): { payload: JsonObject; isPayloadComplete: boolean } {
  const payload: JsonObject = JSON.parse(row.payload)
  const hidden = row.type === 'hire_agent' && !view.showsConfig ? configurationIn(payload) : []
  const nothing = Object.fromEntries(hidden.map((field) => [field, null]))
  return { payload: { ...payload, ...nothing }, isPayloadComplete: hidden.length === 0 }
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}
