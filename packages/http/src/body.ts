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
    throw new EngineError(httpErrors.unsupported_media_type, `The body must be application/json, this one says ${type === '' ? 'nothing' : type}.`)
  }
  const value = parse(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new EngineError(httpErrors.malformed_json, 'The body must be one JSON object.')
  }
  if (depthOf(value) > deepest) throw new EngineError(httpErrors.malformed_json, `The body is nested deeper than ${deepest} levels.`)
  // Parsed JSON that is an object.
  return value as JsonObject
}

function parse(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value))
  } catch (error) {
    throw new EngineError(httpErrors.malformed_json, `The body is not JSON in UTF-8: ${error instanceof Error ? error.message : 'unreadable'}`)
  }
}

function depthOf(value: unknown): number {
  let depth = 0
  let level: unknown[] = [value]
  while (level.length > 0 && depth <= deepest) {
    depth += 1
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []))
  }
  return depth - 1
}
