import { randomUUID } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, mkdir, open, rename, rm, stat, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

import { BLOBS_SPEC, type BlobStore } from '@engine/core/plugin'

/**
 * Blobs as files below a folder, which is made when it is first needed: `ab/cd/abcd…`, readable by this user only. A file appears
 * under its name when it is whole and on disk; several processes, and machines on a shared disk, may use one folder.
 */
export function localBlobs(folder: string): BlobStore {
  const root = resolve(folder)
  const pathOf = (sha256: string) => join(root, sha256.slice(0, 2), sha256.slice(2, 4), checked(sha256))

  return {
    spec: BLOBS_SPEC,
    id: `local:${folder}`,
    async put(sha256, bytes) {
      const path = pathOf(sha256)
      if ((await sizeOf(path)) === bytes.length) return
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      await write(path, bytes)
    },
    async get(sha256) {
      const path = pathOf(sha256)
      return (await sizeOf(path)) === null ? null : read(path)
    },
    has: async (sha256) => (await sizeOf(pathOf(sha256))) !== null,
    delete: async (sha256) => rm(pathOf(sha256), { force: true }),
    problem: () => findProblem(root),
  }
}

/** Files of the largest size that is taken by default, some of them. */
const leastFreeBytes = 100 * 1024 * 1024

/** The folder is made when it is first needed, so the nearest one that is there counts. Its path is not for strangers. */
async function findProblem(folder: string): Promise<string | null> {
  try {
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize < leastFreeBytes ? `The disk of the files has ${Math.floor((bavail * bsize) / 1024 / 1024)} MiB left.` : null
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    if (isMissing && dirname(folder) !== folder) return findProblem(dirname(folder))
    return `The folder of the files can not be written (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}).`
  }
}

/** A hash becomes a path, so nothing else may come in its place. */
function checked(sha256: string): string {
  if (/^[\da-f]{64}$/.test(sha256)) return sha256
  throw new Error('a blob is named by its SHA-256: 64 lower-case hexadecimal digits')
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** A name that nobody else writes to, then the real one in one step: readers never see half a file. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(unfinished, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
  // Its name, and the folders that may be new, must survive a power cut too.
  for (const folder of [dirname(path), dirname(dirname(path)), dirname(dirname(dirname(path)))]) await syncFolder(folder)
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no way to do so, and keeps its names without it.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Opens the file when the first piece is asked for, and closes it whenever its reader stops. */
async function* read(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path)
}
