import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import { fileAnchors, type AnchorStore } from '@engine/core'

import { codeOf } from './failure.ts'

/** What lies in the data folder: the anchors, the key that signs them, and the one that others check them by. */
const anchorsFile = 'anchors.jsonl'
const privateKeyFile = 'anchors.key.pem'
export const publicKeyFile = 'anchors.public.pem'

/** Anchors in a file of the data folder, signed with a key that is made at the first start and that only this user may read. */
export async function openAnchors(dataDir: string): Promise<AnchorStore> {
  const folder = resolve(dataDir)
  const privateKey = await makeKeys(folder).catch((error: unknown) => {
    // Nothing of a start writes there before this.
    if (!(error instanceof Error && 'syscall' in error)) throw error
    const advice = 'Make it a folder that the user of this process can write, or name another one by --data-dir (ENGINE_DATA_DIR).'
    throw new Error(`The data folder ${folder} cannot be used: ${error.message}. ${advice}`, { cause: error })
  })
  return fileAnchors({ path: join(folder, anchorsFile), privateKey })
}

async function makeKeys(folder: string): Promise<KeyObject> {
  await mkdir(folder, { recursive: true })
  const privateKey = await readOrMakeKey(join(folder, privateKeyFile))
  await writeFile(join(folder, publicKeyFile), createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }))
  return privateKey
}

async function readOrMakeKey(path: string): Promise<KeyObject> {
  try {
    return createPrivateKey(await readFile(path))
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
  // Whole under its name, or not there: another process may make one at the same moment, and the first one counts.
  const unfinished = `${path}.${randomUUID()}.tmp`
  try {
    const { privateKey } = generateKeyPairSync('ed25519')
    await writeFile(unfinished, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flush: true })
    await link(unfinished, path).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  } finally {
    await rm(unfinished, { force: true })
  }
  return createPrivateKey(await readFile(path))
}
