import { createContext, useContext, type ReactNode } from 'react'

import type { Company } from '@engine/core/contract'

import type { Theme } from './root.tsx'

/** What the app around the screens lets a person choose; a host of your own leaves out what it has elsewhere. */
export interface Host {
  readonly appearance?: { readonly theme: Theme; set(theme: Theme): void }
  readonly companies?: { readonly all: readonly Company[]; open(company: Company): void }
  /** Where people log in: who this is, and how they leave. */
  readonly account?: { readonly name: string; logOut(): void }
  /** Where the server is, without a slash at the end: links for other people are made of it. */
  readonly url?: string
}

const Context = createContext<Host>({})

export function HostProvider({ host, children }: { host: Host; children: ReactNode }) {
  return <Context.Provider value={host}>{children}</Context.Provider>
}

export function useHost(): Host {
  return useContext(Context)
}
