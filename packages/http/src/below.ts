import type { WireRequest } from './wire.ts'

/** A request as it is below the path that a host has this mounted at; what is not below it stays as it is, and leads nowhere. */
export function below(request: WireRequest, basePath: string): WireRequest {
  const { url } = request
  const isBelow = url.pathname === basePath || url.pathname.startsWith(`${basePath}/`)
  if (basePath === '' || !isBelow) return request
  const shorter = new URL(url)
  shorter.pathname = url.pathname.slice(basePath.length) || '/'
  return { ...request, url: shorter, basePath }
}

/** What to do about a request that has the path of the server in front still; nothing where it has not. */
export function aboutKeptPath({ url, basePath = '' }: WireRequest): string {
  if (basePath === '' || !url.pathname.startsWith(`${basePath}/`)) return ''
  return ` This server is reached at ${basePath}, which the proxy before it has to take off the path of what it passes on.`
}

/** @throws saying how such a path is written */
export function checkedBasePath(basePath: string): string {
  if (/^(\/[\w.~-]+)*$/.test(basePath)) return basePath
  throw new Error(`basePath is a path such as "/engine", which begins with a slash and does not end with one, not "${basePath}".`)
}
