import { useQuery } from '@tanstack/react-query'

/** Who looks at the board. `local`: the operator of this machine, whom a server without accounts lets in. */
export type Session =
  | { readonly state: 'opening' }
  | { readonly state: 'local' }
  | { readonly state: 'signed_out' }
  | { readonly state: 'signed_in'; readonly name: string }

/** The way of a browser's page to its server: what it changes, it signs with the token of its session. */
export interface Access {
  /** Without a slash at its end. */
  readonly url: string
  /** What `createClient` sends requests with. */
  readonly fetch: (request: Request) => Promise<Response>
  read(): Promise<Session>
  logOut(): Promise<void>
}

/** What a server says at `/api/session`. */
interface Shown {
  readonly mode: 'local_trusted' | 'authenticated' | 'keys'
  readonly person: { readonly name: string } | null
  readonly csrfToken: string | null
}

export function createAccess(url: string): Access {
  let token: string | null = null
  const send = (request: Request) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (!isRead && token !== null) request.headers.set('x-csrf-token', token)
    return fetch(request)
  }
  return {
    url,
    fetch: send,
    async read() {
      const answer = await fetch(`${url}/api/session`)
      if (!answer.ok) return { state: 'signed_out' }
      // The server of this page, in the version that it was built with.
      const { mode, person, csrfToken } = (await answer.json()) as Shown
      token = csrfToken
      if (mode === 'local_trusted') return { state: 'local' }
      return person ? { state: 'signed_in', name: person.name } : { state: 'signed_out' }
    },
    async logOut() {
      const headers = { 'content-type': 'application/json' }
      await send(new Request(`${url}/api/accounts/log-out`, { method: 'POST', headers, body: '{}' }))
    },
  }
}

/** The one seam to how people sign in. */
export function useSession(access: Access): Session {
  const { data } = useQuery({ queryKey: ['session', access.url], queryFn: () => access.read(), staleTime: Number.POSITIVE_INFINITY })
  return data ?? { state: 'opening' }
}
