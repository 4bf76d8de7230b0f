/** A list as far as it was read: pages that follow each other, each with the cursor that it was asked for with. */
export interface Pages<Item> {
  readonly pages: readonly Page<Item>[]
  readonly pageParams: readonly (string | null)[]
}

export interface Page<Item> {
  readonly items: readonly Item[]
  readonly nextCursor: string | null
}

/** Which way a list goes: ids and times grow with `oldest` first, and shrink with `newest` first. */
export type Order = 'oldest' | 'newest'

/** The page in which a thing is, or would be. Ids grow with time. Pure. */
export function pageFor(list: Pages<{ readonly id: string }>, id: string, order: Order): number {
  const found = list.pages.findIndex((page) => {
    const last = page.items.at(-1)
    return last !== undefined && !isBefore(last.id, id, order)
  })
  return found === -1 ? list.pages.length - 1 : found
}

interface Reading<Item> {
  readonly index: number
  readonly fresh: Page<Item>
  readonly order: Order
}

/**
 * A list with one page of it read again, as far as that page goes. What was pushed over its end by something new stays where it
 * was, since no other page has it. Pure.
 */
export function withPage<Item extends { readonly id: string }>(list: Pages<Item>, { index, fresh, order }: Reading<Item>): Pages<Item> {
  const old = list.pages[index]
  if (!old) return list
  const last = fresh.nextCursor === null ? undefined : fresh.items.at(-1)
  const rest = last ? old.items.filter(({ id }) => isBefore(last.id, id, order)) : []
  const isEnd = index === list.pages.length - 1 && rest.length === 0
  const page = { items: [...fresh.items, ...rest], nextCursor: isEnd ? fresh.nextCursor : old.nextCursor }
  return { ...list, pages: list.pages.map((each, at) => (at === index ? page : each)) }
}

function isBefore(one: string, other: string, order: Order): boolean {
  return order === 'oldest' ? one < other : one > other
}

/** All of a list as far as it was read, each thing once. Pure. */
export function flatten<Item>(pages: readonly Page<Item>[] = []): readonly Item[] {
  const seen = new Set<unknown>()
  return pages.flatMap(({ items }) =>
    items.filter((item) => {
      const id = idOf(item)
      if (id === undefined) return true
      if (seen.has(id)) return false
      seen.add(id)
      return true
    }),
  )
}

function idOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'id' in item ? item.id : undefined
}
