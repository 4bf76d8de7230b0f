import { readFileSync, readdirSync } from 'node:fs'
import { extname } from 'node:path'
import { gzipSync } from 'node:zlib'

import type { WireRequest, WireResponse } from './wire.ts'

/** The files of a web app as they were when the server began: a name that is not among them is none of its files. */
export interface Board {
  /** A file, or the page for whoever wants a page: which screen an address means, the page knows itself. Null for everything else. */
  answer(request: WireRequest): WireResponse | null
}

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
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
  "frame-ancestors 'none'",
].join('; ')

interface File {
  readonly bytes: Buffer
  readonly type: string
  readonly isHashed: boolean
  compressed: Buffer | null
}

/** @throws when the folder is not there or has no index.html */
export function openBoard(folder: URL): Board {
  const files = readFiles(folder)
  const page = files.get('/index.html')?.bytes.toString('utf8')
  if (page === undefined) throw new Error(`${folder.href} is no built board: it has no index.html. Build it first (pnpm build).`)
  return {
    answer(request) {
      const { pathname } = request.url
      const file = pathname === '/index.html' ? undefined : files.get(pathname)
      if (file) return sendFile(file, request)
      return isServerPath(pathname) || !wantsPage(request) ? null : sendPage(page, request)
    },
  }
}

function readFiles(folder: URL): ReadonlyMap<string, File> {
  const files = new Map<string, File>()
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    const place = new URL(`file://${entry.parentPath.replace(/\/*$/, '/')}${encodeURIComponent(entry.name)}`)
    const path = `/${place.pathname.slice(folder.pathname.length)}`
    const type = contentTypes[extname(entry.name)] ?? 'application/octet-stream'
    files.set(path, { bytes: readFileSync(place), type, isHashed: path.startsWith('/assets/'), compressed: null })
  }
  return files
}

/** What the API and other surfaces answer themselves. */
function isServerPath(pathname: string): boolean {
  return /^\/(api|mcp|metrics|status|status\.js)(\/|$)/.test(pathname)
}

function wantsPage(request: WireRequest): boolean {
  return request.header('accept')?.includes('text/html') ?? false
}

/**
 * A name with a hash in it never means anything else, so it is kept for ever. Text goes out compressed to whoever takes it, and is
 * compressed once.
 */
function sendFile(file: File, request: WireRequest): WireResponse {
  const headers = {
    'content-type': file.type,
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': policy,
    vary: 'accept-encoding',
  }
  const isText = /^text|svg|json/.test(file.type)
  if (!isText || !/\bgzip\b/.test(request.header('accept-encoding') ?? '')) return { status: 200, headers, body: file.bytes }
  file.compressed ??= gzipSync(file.bytes, { level: 9 })
  return { status: 200, headers: { ...headers, 'content-encoding': 'gzip' }, body: file.compressed }
}

/** The page says where its files are as seen from the address that it was asked for at, so it works below any path of a host. */
function sendPage(page: string, request: WireRequest): WireResponse {
  const depth = request.url.pathname.split('/').length - 2
  const base = depth === 0 ? './' : '../'.repeat(depth)
  const body = page.replace('<head>', `<head><base href="${base}">`)
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache', 'content-security-policy': policy }
  return { status: 200, headers, body }
}
