import { randomUUID } from 'node:crypto'
import { lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Kept } from './key.ts'

/** A place in the folder that belongs to somebody else: a link, a file where a folder has to be. */
export class PlaceTaken extends Error {
  constructor(key: string) {
    super(`${key}: there is something else than a folder on the way; nothing was written.`)
    this.name = 'PlaceTaken'
  }
}

/**
 * Writes an object as a file below the root, whole or not at all. Links are not followed: what is written stays inside.
 * @throws PlaceTaken, and what the system says
 */
export async function writeFile(root: string, { key, open: read }: Kept, signal: AbortSignal): Promise<void> {
  const names = key.split('/')
  const name = names.pop() ?? ''
  await mkdir(root, { recursive: true, mode: 0o700 })
  const folder = await enter(await realpath(root), names, key)
  const target = join(folder, name)
  const unfinished = join(folder, `.${randomUUID()}.tmp`)
  try {
    const file = await open(unfinished, 'wx', 0o600)
    try {
      for await (const chunk of read()) {
        signal.throwIfAborted()
        await file.writeFile(chunk)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await refuseFolder(target, key)
    await rename(unfinished, target)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

/** Makes the folders on the way one by one, and goes through none that is a link. */
async function enter(root: string, names: readonly string[], key: string): Promise<string> {
  let folder = root
  for (const name of names) {
    folder = join(folder, name)
    await mkdir(folder, { mode: 0o700 }).catch((error: unknown) => {
      if (!isCode(error, 'EEXIST')) throw error
    })
    if (!(await lstat(folder)).isDirectory()) throw new PlaceTaken(key)
  }
  return folder
}

async function refuseFolder(target: string, key: string): Promise<void> {
  const present = await lstat(target).catch((error: unknown) => {
    if (isCode(error, 'ENOENT')) return null
    throw error
  })
  if (present?.isDirectory()) throw new PlaceTaken(key)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
