import { hash } from 'node:crypto'

import { EngineError, type Operation } from '@engine/core'

import { httpErrors } from './errors.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** RFC 9110: what a change was made against is there no more. */
export const preconditionFailed = 412
const notModified = 304

/** What counts the changes of a thing, and the input field that says which of them a change was made against. */
const counters = [
  { shown: 'version', expected: 'version' },
  { shown: 'currentRevision', expected: 'baseRevision' },
] as const

type Counter = (typeof counters)[number]

/** What was found out about each operation, which stays so. */
const known = new WeakMap<Operation, Counter | null>()

/** The field of an answer that an ETag begins with; null for what has none, such as a list. */
function countedBy(operation: Operation): Counter | null {
  const before = known.get(operation)
  if (before !== undefined) return before
  const { output } = operation.definition
  const fields = 'shape' in output ? Object(output.shape) : {}
  const found = counters.find(({ shown }) => shown in fields) ?? null
  known.set(operation, found)
  return found
}

export function givesTag(operation: Operation): boolean {
  return operation.definition.kind === 'query' && countedBy(operation) !== null
}

/** The input field that If-Match stands for; null for what takes no such condition. */
export function takesMatch({ definition }: Operation): string | null {
  if (definition.kind !== 'command') return null
  return counters.find(({ expected }) => expected in definition.input.shape)?.expected ?? null
}

/**
 * What If-Match adds to the input: the version that the change was made against, which the command itself compares in its
 * transaction. A condition that an operation can not hold is refused, since to pass over it would be to overwrite.
 */
export function expectedVersion(request: WireRequest, operation: Operation): Record<string, number> {
  const header = request.header('if-match')
  if (header === null || request.method === 'GET' || request.method === 'HEAD') return {}
  const field = takesMatch(operation)
  if (field === null) throw refusal(`${operation.name} takes no If-Match; leave it out. What can be changed by version is at /api/docs.`)
  if (header.trim() === '*') return {}
  // What a proxy has compressed comes back as weak; the version in it is as good.
  const version = /^\s*(?:W\/)?"(\d{1,15})(?:-[\w-]*)?"\s*$/.exec(header)?.[1]
  if (version === undefined) throw refusal('If-Match must be one ETag that this server gave, such as "7", or *.')
  return { [field]: Number(version) }
}

function refusal(message: string): EngineError {
  return new EngineError(httpErrors.invalid_input, message)
}

/** The status of a conflict that the request itself made a condition; undefined for every other failure. */
export function failedCondition(request: WireRequest, error: unknown): number | undefined {
  const isConflict = EngineError.isInstance(error) && error.code === 'version_conflict'
  return isConflict && request.header('if-match') !== null ? preconditionFailed : undefined
}

/**
 * An answer with its ETag: the version, by which a change is guarded, and a digest of the whole, since an answer also shows what
 * is not the thing's own, such as the runs of an agent. A client that has exactly this answer is told so instead.
 */
export function tagged(request: WireRequest, operation: Operation, given: { output: unknown; response: WireResponse }): WireResponse {
  const { output, response } = given
  const counter = givesTag(operation) ? countedBy(operation) : null
  if (!counter || typeof response.body !== 'string') return response
  const etag = `"${Object(output)[counter.shown]}-${hash('sha256', response.body, 'base64url').slice(0, 16)}"`
  const headers = { ...response.headers, etag }
  return isKnown(request, etag) ? { status: notModified, headers, body: '' } : { ...response, headers }
}

/** Whether a client says that it has exactly this. */
function isKnown(request: WireRequest, etag: string): boolean {
  const header = request.header('if-none-match')
  if (header === null) return false
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}
