import type { Host } from '../../parts/host.tsx'

/**
 * What somebody is given to come in by: the page of the server where people log in, or the bare token for the API where they do not.
 * The token stands behind the #, where no server and no log sees it. Pure.
 */
export function entryLink(host: Host, page: 'invitation' | 'password', token: string): string {
  return host.account && host.url !== undefined ? `${host.url}/${page}#${token}` : token
}
