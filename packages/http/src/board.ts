import { readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

import { keptForEver, sendFile, staticFile, type StaticFile } from './static-file.ts'
import type { WireRequest, WireResponse } from './wire.ts'

/** The files of a web app as they were when the server began: a name that is not among them is none of its files. */
export interface Board {
  /** A file, or the page for whoever wants a page: which screen an address means, the page knows itself. Null for everything else. */
  answer(request: WireRequest): WireResponse | null
}

/** Scripts and styles come from this server as files, nothing stands in the page, and no other page may hold it in a frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  // What plugins show. A page in a frame can lead its frame nowhere else either, so nothing leaves by an address.
  "frame-src 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** @throws when the folder is not there or has no index.html */
export function openBoard(folder: URL): Board {
  const files = readFiles(folder)
  const index = files.get('/index.html')?.bytes
  if (index === undefined) throw new Error(`${folder.href} is no built board: it has no index.html. Build it first (pnpm build).`)
  const page = Buffer.from(index).toString('utf8')
  return {
    answer(request) {
      const { pathname } = request.url
      const file = pathname === '/index.html' ? undefined : files.get(pathname)
      if (file) return sendFile(file, request)
      return isServerPath(pathname) || !wantsPage(request) ? null : sendPage(page, request)
    },
  }
}

function readFiles(folder: URL): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>()
  const root = fileURLToPath(folder)
  // By names alone: in a package that Yarn keeps as an archive, an entry does not say which folder it is in.
  for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    const place = join(root, name)
    if (!statSync(place).isFile()) continue
    const path = `/${name.split(sep).map(encodeURIComponent).join('/')}`
    // A name with a hash in it never means anything else.
    const caching = path.startsWith('/assets/') ? keptForEver : 'no-cache'
    files.set(path, staticFile(basename(name), readFileSync(place), { 'cache-control': caching, 'content-security-policy': policy }))
  }
  return files
}

/** What the API and other surfaces answer themselves. */
function isServerPath(pathname: string): boolean {
  return /^\/(api|mcp|metrics|plugins|status|status\.js)(\/|$)/.test(pathname)
}

function wantsPage(request: WireRequest): boolean {
  return request.header('accept')?.includes('text/html') ?? false
}

/** The page says where its files are as seen from the address that it was asked for at, so it works below any path of a host. */
function sendPage(page: string, request: WireRequest): WireResponse {
  const depth = request.url.pathname.split('/').length - 2
  const base = depth === 0 ? './' : '../'.repeat(depth)
  const body = page.replace('<head>', `<head><base href="${base}">`)
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', 'content-security-policy': policy }
  return { status: 200, headers, body }
}
