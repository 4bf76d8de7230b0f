import type { FromFrame } from '@engine/core/contract'

import { isObject } from '../data/json.ts'

/** The version of what goes over the port that this board speaks. */
const spoken = 1
/** Characters of the input of one question, as JSON. */
const longestInput = 262_144
/** No frame is higher, in CSS pixels; what is longer scrolls inside of it. */
const highest = 1_200

/** What a page says when it is there; null for any other message. */
export function readReady(data: unknown, ports: readonly MessagePort[]): { readonly port: MessagePort; readonly isSpoken: boolean } | null {
  const [port] = ports
  if (!isObject(data) || data['engine'] !== 'frame' || !port || ports.length > 1) return null
  return { port, isSpoken: data['version'] === spoken }
}

/** A question that can not be carried out as it was sent, and whose asker waits. */
interface Unfit {
  readonly type: 'unfit'
  readonly id: number
}

/** Reads what a page sent over its port; null for what is no message of ours. Nothing in it is believed. */
export function readMessage(data: unknown): FromFrame | Unfit | null {
  if (!isObject(data)) return null
  const { type, id, operation, input, height } = data
  if (type === 'height' && typeof height === 'number' && Number.isFinite(height))
    return { type, height: Math.min(highest, Math.max(0, Math.ceil(height))) }
  if (type !== 'ask' || typeof id !== 'number' || !Number.isSafeInteger(id)) return null
  const asked = typeof operation === 'string' ? plain(input) : null
  return typeof operation === 'string' && asked ? { type, id, operation, input: asked } : { type: 'unfit', id }
}

/** An input as JSON would carry it; null for what JSON can not carry, and for what is too long. */
function plain(input: unknown): Record<string, unknown> | null {
  if (!isObject(input)) return null
  try {
    const text = JSON.stringify(input)
    const read: unknown = text.length <= longestInput ? JSON.parse(text) : null
    return isObject(read) ? read : null
  } catch {
    return null
  }
}
