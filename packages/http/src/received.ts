import { EngineError, type AnyDefinition, type JsonObject, type Operation } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { WireRequest } from './wire.ts'

type Received = NonNullable<Extract<AnyDefinition, { kind: 'command' }>['takesRequest']>

/** What an operation wants of a request as it came; null for one that reads JSON. */
export function takesRequest({ definition }: Operation): Received | null {
  return definition.kind === 'command' ? (definition.takesRequest ?? null) : null
}

/** The body as text, to the byte, and the headers that the operation goes by. No other header leaves this function. */
export async function readWhole(request: WireRequest, { headers, limit }: Received): Promise<JsonObject> {
  const found = headers.flatMap((name): [string, string][] => {
    const value = request.header(name)
    return value === null ? [] : [[name, value]]
  })
  return { body: toText(await request.body(limit)), headers: Object.fromEntries(found) }
}

function toText(bytes: Uint8Array): string {
  try {
    // A mark at the beginning is signed with the rest.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new EngineError(httpErrors.malformed_json, 'The body is not text in UTF-8.')
  }
}
