import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import { useLocation, useSearch } from 'wouter'

import type { Client } from '@engine/client'
import type { Company } from '@engine/core/contract'

import { keyOf } from '../data/keys.ts'
import { EngineProvider, useEngine } from '../data/provider.tsx'
import { HostProvider, type Host } from '../parts/host.tsx'
import { PlacesProvider, type Places } from '../parts/places.tsx'
import { EngineRoot } from '../parts/root.tsx'
import { Empty, FailureNotice, Loading } from '../parts/states.tsx'
import { pathOf, readPath, type Address } from './address.ts'
import { FirstRun } from './first-run.tsx'
import { screenOf } from './screens.tsx'
import { useSession, type Access } from './session.ts'
import { Shell } from './shell.tsx'
import { useTheme } from './theme.ts'

interface AppProps {
  readonly client: Client
  readonly access: Access
}

/** The board: a company by its address, and a screen of it. */
export function App({ client, access }: AppProps) {
  const appearance = useTheme()
  const session = useSession(access)
  return (
    <EngineRoot theme={appearance.theme}>
      <div className="eng-page">
        {session.state === 'opening' ? (
          <Loading />
        ) : session.state === 'signed_out' ? (
          <Empty title="You are not signed in">
            <a href={`${access.url}/login`}>Sign in</a>
          </Empty>
        ) : (
          <Companies
            client={client}
            url={access.url}
            appearance={appearance}
            account={session.state === 'signed_in' ? { name: session.name, logOut: () => void leave(access) } : null}
          />
        )}
      </div>
    </EngineRoot>
  )
}

interface CompaniesProps {
  readonly client: Client
  readonly url: string
  readonly appearance: ReturnType<typeof useTheme>
  /** Null where nobody logged in. */
  readonly account: Host['account'] | null
}

async function leave(access: Access): Promise<void> {
  await access.logOut()
  location.assign(`${access.url}/login`)
}

const most = 100

function Companies({ client, url, appearance, account }: CompaniesProps) {
  const queries = useQueryClient()
  const [path, navigate] = useLocation()
  const { data, error, refetch } = useQuery({
    queryKey: keyOf('companies.list', { limit: most }),
    queryFn: () => client.companies.list({ limit: most }),
  })
  const companies = data?.items ?? []
  const address = readPath(path)
  const company = companies.find(({ taskPrefix }) => taskPrefix === address?.prefix) ?? companies[0]
  const isElsewhere = company !== undefined && address?.prefix !== company.taskPrefix
  useEffect(() => {
    if (isElsewhere) navigate(pathOf({ prefix: company.taskPrefix, place: { screen: 'inbox' } }), { replace: true })
  }, [isElsewhere, company, navigate])
  const begin = ({ taskPrefix }: Company) => {
    // Its dashboard leads on to the first finished task.
    navigate(pathOf({ prefix: taskPrefix, place: { screen: 'dashboard' } }))
    void queries.invalidateQueries()
  }
  if (error) return <FailureNotice error={error} onRetry={() => void refetch()} />
  if (!data) return <Loading />
  if (!company) return <FirstRun client={client} onCreated={begin} />
  if (!address || isElsewhere) return <Loading />
  const open = (to: Company) => navigate(pathOf({ prefix: to.taskPrefix, place: { screen: 'inbox' } }))
  return (
    <EngineProvider client={client} companyId={company.id} queries={queries}>
      <HostProvider host={{ url, appearance, companies: { all: companies, open }, ...(account && { account }) }}>
        <Screens address={address}>
          {(screen) => (
            <Known>
              <Shell
                company={company}
                companies={companies}
                onCompany={open}
                place={address.place}
                theme={appearance.theme}
                onTheme={appearance.next}
                onLogOut={account?.logOut ?? null}
              >
                {screen}
              </Shell>
            </Known>
          )}
        </Screens>
      </HostProvider>
    </EngineProvider>
  )
}

/** What somebody may is known before anything is offered. */
function Known({ children }: { children: React.ReactNode }) {
  return useEngine().refused === null ? <Loading /> : children
}

function Screens({ address, children }: { address: Address; children: (screen: React.ReactNode) => React.ReactNode }) {
  const places = useBoardPlaces(address.prefix)
  return <PlacesProvider places={places}>{children(screenOf(address.place))}</PlacesProvider>
}

/** Places by the address of the browser, filters by its query. */
function useBoardPlaces(prefix: string): Places {
  const [path, navigate] = useLocation()
  const search = useSearch()
  return useMemo(
    () => ({
      hrefOf: (place) => hrefOf(pathOf({ prefix, place })),
      go: (place, how) => navigate(pathOf({ prefix, place }), { replace: how === 'replace' }),
      choices: {
        now: Object.fromEntries(new URLSearchParams(search)),
        set(change, how) {
          const next = new URLSearchParams(search)
          for (const [name, value] of Object.entries(change)) {
            if (value === '') next.delete(name)
            else next.set(name, value)
          }
          navigate(`${path}${next.size > 0 ? `?${next.toString()}` : ''}`, { replace: how !== 'push' })
        },
      },
    }),
    [prefix, path, search, navigate],
  )
}

/** As the browser needs it, below whatever path the board is served at. */
function hrefOf(path: string): string {
  return new URL(path.slice(1), document.baseURI).pathname
}
