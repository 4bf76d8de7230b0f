import type { InfiniteData, Query, QueryClient } from '@tanstack/react-query'

import type { Client } from '@engine/client'

import { askedBy, isOperationKey, orderOf } from './keys.ts'
import { pageFor, withPage, type Page } from './pages.ts'
import { touched, type Happening } from './touches.ts'

/** As many pages are read again as a whole; of longer lists only the page that is concerned. */
const fewPages = 2

type Item = { readonly id: string }
type Listed = InfiniteData<Page<Item>, string | null>

/** Brings on screen what events say has changed. */
export interface Refresher {
  /** Reads again what an event touches: at once, and once more when another event came while it was read. */
  after(event: Happening): void
  /** Reads everything again, when nobody can say what has changed. */
  all(): void
}

export function createRefresher(queries: QueryClient, client: Client): Refresher {
  const reading = new Map<string, { next: Happening | null }>()
  const refresh = async (query: Query, event: Happening | null): Promise<void> => {
    if (!query.isActive()) return query.invalidate()
    const underWay = reading.get(query.queryHash)
    if (underWay) {
      underWay.next = event
      return
    }
    const turn = { next: null as Happening | null }
    reading.set(query.queryHash, turn)
    // What was asked before the event may not know of it. A failure is the query's own to show.
    await read(queries, client, { query, event }).catch(() => undefined)
    reading.delete(query.queryHash)
    if (turn.next) await refresh(query, turn.next)
  }
  const ours = () => queries.getQueryCache().findAll({ predicate: ({ queryKey }) => isOperationKey(queryKey) })
  return {
    after(event) {
      for (const query of ours()) if (concerns(query, event)) void refresh(query, event)
    },
    all() {
      for (const query of ours()) void refresh(query, null)
    },
  }
}

function concerns({ queryKey, state }: Query, event: Happening): boolean {
  return isOperationKey(queryKey) && touched(event, askedBy(queryKey, state.data))
}

async function read(queries: QueryClient, client: Client, { query, event }: { query: Query; event: Happening | null }): Promise<void> {
  const { queryKey } = query
  if (!isOperationKey(queryKey) || queryKey[3] === 'once' || !event) return readWhole(queries, query)
  // Only lists are kept under keys that say `pages`.
  const list = query.state.data as Listed | undefined
  const shown = list?.pages.find(({ items }) => items.length > 0)
  if (!list || list.pages.length <= fewPages || !shown || typeof shown.items[0]?.id !== 'string') return readWhole(queries, query)
  const order = orderOf(queryKey[1])
  const index = order === 'newest' ? 0 : pageFor(list, concerned(list, event), order)
  const cursor = list.pageParams[index]
  // A list answers by the schema of pages, and its items have ids, as was looked at above.
  const fresh = (await client.execute(queryKey[1], { ...queryKey[2], ...(cursor && { cursor }) })) as Page<Item>
  queries.setQueryData<Listed>(queryKey, (now) => now && toListed(withPage(now, { index, fresh, order })))
}

function toListed({ pages, pageParams }: { pages: readonly Page<Item>[]; pageParams: readonly (string | null)[] }): Listed {
  return { pages: [...pages], pageParams: [...pageParams] }
}

async function readWhole(queries: QueryClient, { queryKey }: Query): Promise<void> {
  await queries.refetchQueries({ queryKey, exact: true }, { cancelRefetch: true })
}

/** Which item of a list an event is about: one that it mentions and the list has, or else what it is about itself. */
function concerned(list: Listed, { entity, data }: Happening): string {
  const shown = new Set(list.pages.flatMap(({ items }) => items.map(({ id }) => id)))
  const mentioned = [entity.id, ...Object.values(data)].find((id) => typeof id === 'string' && shown.has(id))
  return typeof mentioned === 'string' ? mentioned : entity.id
}
