import { randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { localSecrets, type SecretStore } from '@engine/core'

/**
 * The key of the secrets: what ENGINE_SECRET_KEY says, or else the file `secret.key` of the data folder, which is made when it is
 * not there, unless the secrets are sealed with the key of another process, and which only its owner may read.
 * @throws naming what is wrong with it
 */
export function openSecrets(dataDir: string, given: string | undefined, { makesKey = true } = {}): SecretStore {
  if (given !== undefined && given !== '') return explained('ENGINE_SECRET_KEY', () => localSecrets({ key: given }))
  const file = join(resolve(dataDir), 'secret.key')
  const key = readKey(file) ?? (makesKey ? makeKey(file) : null)
  if (key === null) throw new Error(noKey(file))
  return explained(file, () => localSecrets({ key }))
}

function noKey(file: string): string {
  return `There is no key that opens the secrets of the runs: ${file} is not there, and ENGINE_SECRET_KEY is not set. Set it to the key of engine serve, or name its data folder by --data-dir.`
}

function explained(where: string, open: () => SecretStore): SecretStore {
  try {
    return open()
  } catch (error) {
    throw new Error(`${where} can not be used: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function readKey(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false })
  if (!stat) return null
  // Windows has no such modes.
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)
    throw new Error(`${file} can be read by others than its owner, and what it opens is no secret from them. Run: chmod 600 "${file}"`)
  return readFileSync(file, 'utf8').trim()
}

/** Makes the file whole or not at all; of two processes that make it at once, one takes the other's. */
function makeKey(file: string): string {
  const draft = `${file}.${randomUUID()}`
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8').trim()
}
