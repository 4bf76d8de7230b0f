import type { DeliveryBody, DeliveryRequest } from '@engine/core/plugin'

import { fillText, MissingValue, templateFault, type TemplateValues } from '../remote/template.ts'

/** Names that mean a device on Windows, whatever follows their dot. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i
const longestName = 200

/** One thing that is kept, under a name that is the same in every try. */
export interface Kept {
  readonly key: string
  readonly contentType: string
  /** Bytes, as far as they are known. */
  readonly size: number
  open(): AsyncIterable<Uint8Array>
}

/** What is wrong with a template of keys; null when nothing is. Pure. */
export function templateProblem(path: string): string | null {
  const fault = templateFault(path)
  if (fault !== null) return fault
  const names = path.replaceAll(/\{\{[^{}]*\}\}/g, 'x').split('/')
  if (names.includes('')) return 'a path begins and ends with a name, and names none twice empty'
  const bad = names.find((name) => safeName(name) !== name)
  return bad === undefined ? null : `"${bad}" is no name for a folder: use letters, digits, spaces and ! _ - . ( ) , = + @`
}

/** The folder that all deliveries of a path lie in, with a slash at its end; empty when there is none. Pure. */
export function fixedFolder(path: string): string {
  const names = path.split('/')
  const moving = names.findIndex((name) => name.includes('{{'))
  return [...names.slice(0, moving < 0 ? names.length : moving), ''].join('/')
}

/**
 * What a delivery leaves behind, each with its key: the body as `content.json`, `.md` and so on, files below `files/`.
 * Throws MissingValue for a path that leads nowhere. Pure.
 */
export function keptOf(request: Pick<DeliveryRequest<unknown>, 'deliveryId' | 'event' | 'body' | 'files'>, path: string): Kept[] {
  const folder = keyOf(path, request)
  const taken = new Set<string>()
  const files = request.files.map((file) => ({
    ...file,
    open: () => file.open(),
    key: `${folder}/files/${freeName(safeName(file.name), taken)}`,
  }))
  return [contentOf(request.body, folder), ...files]
}

/** Each value becomes part of one name: nothing in it leads to another folder. @throws MissingValue */
function keyOf(path: string, values: TemplateValues): string {
  const names = path.split('/').map((name) => {
    const filled = safeName(fillText(name, values, (value) => value))
    if (filled === '') throw new MissingValue(name.replaceAll(/[{}\s]/g, ''))
    return filled
  })
  return names.join('/')
}

const extensions: Readonly<Record<string, string>> = {
  'text/markdown': 'md',
  'text/html': 'html',
  'text/csv': 'csv',
  'text/plain': 'txt',
  'application/json': 'json',
  'application/xml': 'xml',
  'text/xml': 'xml',
}

function contentOf(body: DeliveryBody, folder: string): Kept {
  const contentType = body.kind === 'text' ? body.contentType : 'application/json'
  const extension = extensions[contentType.split(';')[0]?.trim().toLowerCase() ?? ''] ?? 'txt'
  const bytes = Buffer.from(body.kind === 'text' ? body.text : JSON.stringify(body.value))
  return { key: `${folder}/content.${extension}`, contentType, size: bytes.length, open: () => once(bytes) }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function safeCharacters(text: string): string {
  return text.normalize('NFC').replaceAll(/[^\p{L}\p{M}\p{N} !_\-.(),=+@]/gu, '_')
}

/** A name that means the same on every system, and nothing but a name. Pure. */
export function safeName(text: string): string {
  const name = shorten(withoutEnd(safeCharacters(text).replace(/^[ .]+(?=.)/, (dots) => '_'.repeat(dots.length))))
  return devices.test(name) ? `_${name}` : name
}

/** Without the spaces and dots at its end. A pattern would look again from each of them, of which a text may have thousands elsewhere. */
function withoutEnd(name: string): string {
  let end = name.length
  while (end > 0 && ' .'.includes(name.charAt(end - 1))) end -= 1
  return name.slice(0, end)
}

/** In bytes, since that is what systems limit; the extension stays. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= longestName) return name
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ''
  let beginning = name.slice(0, longestName - extension.length)
  while (Buffer.byteLength(beginning) + extension.length > longestName) beginning = beginning.slice(0, -1)
  return beginning.replace(/[\ud800-\udbff]$/, '') + extension
}

/** The same name twice becomes another, in the same way each time. */
function freeName(name: string, taken: Set<string>): string {
  const wanted = name === '' ? 'file' : name
  let free = wanted
  for (let count = 2; taken.has(free.toLowerCase()); count += 1)
    free = wanted.replace(/(\.[^.]*)?$/, (extension) => `-${count}${extension}`)
  taken.add(free.toLowerCase())
  return free
}
