import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react'

import { EngineError, type Client } from '@engine/client'

import { listen, type LiveState } from './live.ts'
import { createRefresher } from './refresh.ts'

interface EngineScope {
  readonly client: Client
  readonly companyId: string
  readonly live: LiveState
}

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
  const live = useLive(client, { companyId, queries })
  const scope = useMemo(() => ({ client, companyId, live }), [client, companyId, live])
  return (
    <QueryClientProvider client={queries}>
      <Scope.Provider value={scope}>{children}</Scope.Provider>
    </QueryClientProvider>
  )
}

function useLive(client: Client, { companyId, queries }: { companyId: string; queries: QueryClient }): LiveState {
  const [state, setState] = useState<LiveState>('opening')
  useEffect(() => {
    setState('opening')
    const refresher = createRefresher(queries, client)
    return listen(client, companyId, {
      onEvent: (event) => refresher.after(event),
      onBegin: () => refresher.all(),
      onState: setState,
    })
  }, [client, companyId, queries])
  return state
}

/** @throws when there is no EngineProvider above */
export function useEngine(): EngineScope {
  const scope = useContext(Scope)
  if (!scope) throw new EngineError('This component stands in no EngineProvider.', { code: 'no_provider', kind: 'invalid' })
  return scope
}
