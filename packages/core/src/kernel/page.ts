import { z } from 'zod'

import { EngineError, kernelErrors } from './errors.ts'
import { Id, wholeNumber } from './schema.ts'

/** The two parameters that every list takes. */
export const pageInput = {
  limit: wholeNumber(1, 100).prefault(50).describe('Items on the page, 1 to 100.'),
  cursor: z.string().max(500).optional().describe('The `nextCursor` of the page before.'),
}

/** What a caller said by them. */
export interface PageRequest {
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface Page<Item> {
  items: Item[]
  nextCursor: string | null
}

/** A filter that may be left out, and takes one value or several: an array, or in a query string several with commas between. */
export function listOf<Item extends z.ZodType>(item: Item) {
  const split = (value: string | readonly z.input<Item>[]): unknown => (typeof value === 'string' ? value.split(',') : value)
  return z
    .transform(split)
    .pipe(z.array(item).min(1).max(50))
    .optional()
    .meta({ description: 'One value, or several with commas between them.', param: { explode: false } })
}

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** A cursor is opaque to callers: the sort key of the last row, in base64url. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url')
}

type CursorPart = 'id' | 'number' | 'text'

function fits(part: unknown, kind: CursorPart | undefined): boolean {
  if (kind === 'text') return typeof part === 'string'
  return kind === 'number' ? Number.isSafeInteger(part) : kind === 'id' && Id.safeParse(part).success
}

export function decodeCursor(cursor: string, shape: readonly CursorPart[]): (string | number)[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(key) && key.length === shape.length && key.every((part, index) => fits(part, shape[index]))) return key
  } catch {
    // Not one of ours: answered below like any other unreadable cursor.
  }
  throw new EngineError(
    kernelErrors.invalid_input,
    'This cursor is not one that a list returned. Leave it out to start at the first page.',
    {
      details: { errors: [{ path: 'cursor', message: 'unreadable cursor' }] },
    },
  )
}

/** Cuts a page out of `limit + 1` rows. */
export function toPage<Row, Item>(
  rows: Row[],
  limit: number,
  shape: { item(row: Row): Item; key(row: Row): (string | number)[] },
): Page<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  return {
    items: shown.map(shape.item),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(shape.key(last)) : null,
  }
}
