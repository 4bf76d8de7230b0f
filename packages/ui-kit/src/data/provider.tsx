import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'

import { EngineError, type Client } from '@engine/client'
import type { AnyEvent } from '@engine/core/contract'

import { keyOf } from './keys.ts'
import { listen, type LiveState } from './live.ts'
import type { OperationName, OutputOf } from './operations.ts'
import { createRefresher } from './refresh.ts'

interface EngineScope {
  readonly client: Client
  readonly companyId: string
  readonly live: LiveState
  /** Hears each event of the company; null when listening began anew, and anything may have changed. @returns what ends it */
  readonly hear: (listener: Hearer) => () => void
  /** Null until it was read. */
  readonly refused: Refused | null
}

/** What the reader may not do, with the least role that may. */
type Refused = OutputOf<'members.rights'>['refused']

type Hearer = (event: AnyEvent | null) => void

const Scope = createContext<EngineScope | null>(null)

/** The queries of an app: answers are kept current by events, so nothing is asked for because time went by. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        gcTime: 5 * 60_000,
        // The client has its own tries, and knows which failures pass.
        retry: false,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}

interface EngineProviderProps {
  readonly client: Client
  /** The company that is looked at; everything below is of it. */
  readonly companyId: string
  /** Yours, when the app has one; one that is made for this provider when left out. */
  readonly queries?: QueryClient
  readonly children: ReactNode
}

/** Holds the connection to a company: what is below reads through it, and is live. */
export function EngineProvider({ client, companyId, queries: given, children }: EngineProviderProps) {
  const [own] = useState(createQueries)
  const queries = given ?? own
  const [hearers] = useState(() => new Set<Hearer>())
  const refused = useRefused(client, { companyId, queries })
  const live = useLive(client, { companyId, queries, hearers })
  const hear = useCallback((listener: Hearer) => {
      hearers.add(listener)
      return () => void hearers.delete(listener)
    }, [hearers])
  const scope = useMemo(() => ({ client, companyId, live, hear, refused }), [client, companyId, live, hear, refused])
  return (
    <QueryClientProvider client={queries}>
      <Scope.Provider value={scope}>{children}</Scope.Provider>
    </QueryClientProvider>
  )
}

/** Where nobody can say what is refused, everything is offered, and a refusal is explained. */
const nothing: Refused = {}

function useRefused(client: Client, { companyId, queries }: Pick<Living, 'companyId' | 'queries'>): Refused | null {
  const { data, error } = useQuery(
    { queryKey: keyOf('members.rights', { companyId }), queryFn: ({ signal }) => client.members.rights({ companyId }, { signal }) },
    queries,
  )
  return data?.refused ?? (error && nothing)
}

interface Living {
  readonly companyId: string
  readonly queries: QueryClient
  readonly hearers: ReadonlySet<Hearer>
}

function useLive(client: Client, { companyId, queries, hearers }: Living): LiveState {
  const [state, setState] = useState<LiveState>('opening')
  useEffect(() => {
    setState('opening')
    const refresher = createRefresher(queries, client)
    const tell = (event: AnyEvent | null) => hearers.forEach((hearer) => hearer(event))
    return listen(client, companyId, {
      onEvent(event) {
        refresher.after(event)
        tell(event)
      },
      onBegin() {
        refresher.all()
        tell(null)
      },
      onState: setState,
    })
  }, [client, companyId, queries, hearers])
  return state
}

/** @throws when there is no EngineProvider above */
export function useEngine(): EngineScope {
  const scope = useContext(Scope)
  if (!scope) throw new EngineError('This component stands in no EngineProvider.', { code: 'no_provider', kind: 'invalid' })
  return scope
}

/**
 * Whether the reader may call an operation in this company, whatever it is about: what they may not is not offered. Nothing is until that is
 * known; outside of a company everything.
 */
export function useMay(): (operation: OperationName) => boolean {
  const scope = useContext(Scope)
  return (operation) => scope === null || (scope.refused !== null && !(operation in scope.refused))
}
