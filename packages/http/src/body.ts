import { EngineError, type JsonObject } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { WireRequest } from './wire.ts'

/** A deliverable of 1 MB, escaped, with room around it. */
export const bodyLimit = 2 * 1024 * 1024
const deepest = 32

/** Reads a JSON object from a request; nothing sent is an empty object. @throws 400 or 413 saying what is wrong */
export async function readJsonBody(request: WireRequest): Promise<JsonObject> {
  const bytes = await request.body(bodyLimit)
  if (bytes.length === 0) return {}
  const type = request.header('content-type') ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new EngineError(
      httpErrors.unsupported_media_type,
      `The body must be application/json, this one says ${type === '' ? 'nothing' : type}.`,
    )
  }
  const value = parse(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EngineError(httpErrors.malformed_json, 'The body must be one JSON object.')
  }
  makeSafe(value)
  // Parsed JSON that is an object.
  return value as JsonObject
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unreadable'
    throw new EngineError(httpErrors.malformed_json, `The body is not JSON in UTF-8: ${why}`)
  }
}

/** Refuses what is nested too deep, and drops `__proto__` keys, which would become prototypes when copied (PROMISES S13, S21). */
function makeSafe(root: object): void {
  const open = [{ value: root, depth: 1 }]
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next
    if (depth > deepest) throw new EngineError(httpErrors.malformed_json, `The body is nested deeper than ${deepest} levels.`)
    if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
    for (const member of Object.values(value)) {
      if (typeof member === 'object' && member !== null) open.push({ value: member, depth: depth + 1 })
    }
  }
}
