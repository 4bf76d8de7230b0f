import { openAsBlob } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { buffer, text } from 'node:stream/consumers'

import { messageOf } from '../failure.ts'
import { readPackageFolder } from '../package-folder.ts'
import type { Field } from './field.ts'

/** What is wrong with how a command was called. */
export class UsageError extends Error {}

/** Reads what a flag or an argument says. @throws UsageError */
export async function readValue(field: Field, given: string | readonly string[] | boolean): Promise<unknown> {
  // A list of nothing is its flag alone.
  if (typeof given === 'boolean') return field.kind === 'list' ? [] : given
  if (typeof given !== 'string') return given
  if (given === 'null' && field.isNullable) return null
  switch (field.kind) {
    case 'number':
      return readNumber(field, given)
    case 'json':
      return readJson(field.flag, await readText(given))
    case 'textOrJson':
      return readEither(await readText(given))
    case 'file':
      return readBytes(field, given)
    case 'folder':
      return fromFile(given, readPackageFolder)
    case 'secret':
      return given === '-' ? withoutLineEnd(await text(process.stdin)) : given
    case 'list':
    case 'boolean':
    case 'text':
      return given === '-' ? text(process.stdin) : given
  }
}

/** A file of one line ends with a line end, which is no part of the key or the password in it. */
function withoutLineEnd(value: string): string {
  return value.replace(/\r?\n$/, '')
}

/** The whole input, or a part of it, as one JSON object. @throws UsageError */
export async function readData(given: string): Promise<Record<string, unknown>> {
  const value = readJson('--data', await readText(given))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError('--data must be one JSON object.')
  return { ...value }
}

/** `-` is standard input, `@path` a file; anything else itself. */
async function readText(given: string): Promise<string> {
  if (given === '-') return text(process.stdin)
  return given.startsWith('@') ? fromFile(given.slice(1), (path) => readFile(path, 'utf8')) : given
}

/** Bytes of `@path`, or of standard input. */
async function readBytes({ flag }: Field, given: string): Promise<Uint8Array | Blob> {
  if (given === '-') return buffer(process.stdin)
  if (!given.startsWith('@')) throw new UsageError(`${flag} must be @ and the path of a file, or - for standard input.`)
  return fromFile(given.slice(1), (path) => openAsBlob(path))
}

/** How a file that is sent is called where nothing else is said; null for standard input. */
export function nameOf(content: unknown): string | null {
  return typeof content === 'string' && content.startsWith('@') ? basename(content.slice(1)) : null
}

async function fromFile<Content>(path: string, read: (path: string) => Promise<Content>): Promise<Content> {
  try {
    return await read(path)
  } catch (error) {
    throw new UsageError(`${path} can not be read: ${messageOf(error)}`)
  }
}

function readNumber({ flag }: Field, given: string): number {
  const number = Number(given)
  if (given.trim() === '' || !Number.isFinite(number)) throw new UsageError(`${flag} must be a number, not "${given}".`)
  return number
}

function readJson(flag: string, given: string): unknown {
  try {
    return JSON.parse(given)
  } catch (error) {
    throw new UsageError(`${flag} must be JSON, @ and the path of a file with it, or - for standard input: ${String(error)}`)
  }
}

/** A word is itself; what is JSON is that. */
function readEither(given: string): unknown {
  try {
    return JSON.parse(given)
  } catch {
    return given
  }
}
