import { randomBytes, randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { localSecrets, type SecretStore, type Storage } from '@engine/core'

import { codeOf, messageOf } from './failure.ts'
import { withDatabase } from './with-database.ts'

export interface KeyConfig {
  readonly dataDir: string
  /** ENGINE_SECRET_KEY, as it was given. */
  readonly secretKey: string | undefined
}

/**
 * As `findSecrets`, and makes a key where there is none and nothing was sealed before: a new one would open none of that.
 * @throws saying where the right one belongs
 */
export async function openSecrets(storage: Storage, config: KeyConfig & { readonly hasDatabase: boolean }): Promise<SecretStore> {
  const found = findSecrets(config)
  if (found) return found
  const { dataDir, hasDatabase } = config
  const sealed = hasDatabase ? await withDatabase(storage, (database) => database.sealedAgainst(null)) : 0
  if (sealed > 0) throw new Error(keyIsMissing(keyFile(dataDir), sealed))
  return localSecrets({ key: makeKey(keyFile(dataDir)) })
}

function keyIsMissing(file: string, sealed: number): string {
  return `The key of the secrets is not there: ${file}. This database holds ${sealed} ${sealed === 1 ? 'value that is' : 'values that are'} sealed with it, which a new key would not open. Put the copy of it there, or set ENGINE_SECRET_KEY. If it is lost for good, make a new one, (umask 077; openssl rand -base64 32 > "${file}"), and set each secret again.`
}

/**
 * The key of the secrets: what ENGINE_SECRET_KEY says, or else the file `secret.key` of the data folder, which only its owner may read.
 * Null where there is neither. @throws naming what is wrong with it
 */
export function findSecrets({ dataDir, secretKey }: KeyConfig): SecretStore | null {
  if (secretKey !== undefined && secretKey !== '') return explained('ENGINE_SECRET_KEY', () => localSecrets({ key: secretKey }))
  const file = keyFile(dataDir)
  const key = readKey(file)
  return key === null ? null : explained(file, () => localSecrets({ key }))
}

/** The key that another process seals with. @throws also where there is none */
export function needSecrets(config: KeyConfig): SecretStore {
  const found = findSecrets(config)
  if (found) return found
  throw new Error(
    `There is no key that opens the secrets of the runs: ${keyFile(config.dataDir)} is not there, and ENGINE_SECRET_KEY is not set. Set it to the key of engine serve, or name its data folder by --data-dir.`,
  )
}

/** Where the key is, that was made or is to be. */
export function keyFile(dataDir: string): string {
  return join(resolve(dataDir), 'secret.key')
}

function explained(where: string, open: () => SecretStore): SecretStore {
  try {
    return open()
  } catch (error) {
    throw new Error(`${where} can not be used: ${messageOf(error)}`, { cause: error })
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
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8').trim()
}
