import { useQuery } from '@tanstack/react-query'

/** Who looks at the board. `local`: the operator of this machine, whom a server without accounts lets in. */
export type Session =
  | { readonly state: 'opening' }
  | { readonly state: 'local' }
  | { readonly state: 'signed_out' }
  | { readonly state: 'signed_in'; readonly name: string }

/** The one seam to how people sign in: a server that knows sessions answers at `/api/session`, with 401 for nobody. */
export function useSession(url: string): Session {
  const { data } = useQuery({ queryKey: ['session', url], queryFn: () => readSession(url), staleTime: Number.POSITIVE_INFINITY })
  return data ?? { state: 'opening' }
}

async function readSession(url: string): Promise<Session> {
  const answer = await fetch(`${url}/api/session`)
  if (answer.status === 401) return { state: 'signed_out' }
  if (!answer.ok) return { state: 'local' }
  const body: unknown = await answer.json()
  return { state: 'signed_in', name: nameIn(body) }
}

function nameIn(body: unknown): string {
  const user = typeof body === 'object' && body !== null && 'user' in body ? body.user : body
  return typeof user === 'object' && user !== null && 'name' in user && typeof user.name === 'string' ? user.name : 'You'
}
