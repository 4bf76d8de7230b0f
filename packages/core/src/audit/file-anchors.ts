import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'

import { codeOf } from '../kernel/failure.ts'
import { canonicalJson } from '../kernel/json.ts'
import { ANCHOR_SPEC, type Anchor, type AnchorStore } from '../ports/anchor.ts'

const SignedAnchor = z.strictObject({
  spec: z.literal(ANCHOR_SPEC),
  companyId: z.string(),
  number: z.number().int().min(1),
  lastSeq: z.number().int().min(1),
  seal: z.string(),
  epoch: z.number().int(),
  at: z.string(),
  signature: z.string(),
})

/**
 * Appends anchors to a file: one JSON object a line, whose `signature` is Ed25519 over the canonical JSON (RFC 8785) of the
 * rest, in base64. Several processes may append to one file; what its newest line of a company says is not said again.
 * @throws for a key that is no Ed25519 private key, as a KeyObject or in PEM
 */
export function fileAnchors(options: { readonly path: string; readonly privateKey: KeyObject | string }): AnchorStore {
  const path = resolve(options.path)
  const { privateKey } = options
  const key = typeof privateKey === 'string' ? createPrivateKey(privateKey) : privateKey
  if (key.type !== 'private' || key.asymmetricKeyType !== 'ed25519') throw new Error('anchors are signed with an Ed25519 private key')
  let written: Promise<Map<string, string>> | undefined
  return {
    spec: ANCHOR_SPEC,
    id: `file:${options.path}`,
    async publish(anchor) {
      const newest = await (written ??= newestSeals(path).catch((error: unknown) => {
        written = undefined
        throw error
      }))
      if (newest.get(anchor.companyId) === anchor.seal) return
      await append(path, JSON.stringify({ ...anchor, signature: sign(null, signedBytes(anchor), key).toString('base64') }))
      newest.set(anchor.companyId, anchor.seal)
    },
  }
}

/** Readable by this user only, and on disk when this resolves. */
async function append(path: string, line: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'a+', 0o600)
  try {
    await file.appendFile(`${(await endsInsideLine(file)) ? '\n' : ''}${line}\n`)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** A power cut may have left half a line; what comes after it is a line of its own. */
async function endsInsideLine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer.toString() !== '\n'
}

async function newestSeals(path: string): Promise<Map<string, string>> {
  const lines = await linesOf(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  return new Map(lines.flatMap((line) => toAnchor(line) ?? []).map((anchor) => [anchor.companyId, anchor.seal]))
}

async function linesOf(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '')
}

function toAnchor(line: string): z.output<typeof SignedAnchor> | null {
  try {
    return SignedAnchor.parse(JSON.parse(line))
  } catch {
    return null
  }
}

function signedBytes(anchor: Anchor): Buffer {
  return Buffer.from(canonicalJson(anchor))
}

export interface ReadAnchors {
  readonly anchors: readonly Anchor[]
  /** Lines that are no anchors, or not signed by this key. */
  readonly problems: readonly string[]
}

/** Reads what `fileAnchors` wrote, and holds each line to the public key (a KeyObject or PEM). @throws when there is no such file */
export async function readAnchors(options: { readonly path: string; readonly publicKey: KeyObject | string }): Promise<ReadAnchors> {
  const key = typeof options.publicKey === 'string' ? createPublicKey(options.publicKey) : options.publicKey
  const anchors: Anchor[] = []
  const problems: string[] = []
  for (const [index, line] of (await linesOf(options.path)).entries()) {
    const found = toAnchor(line)
    if (!found) problems.push(`anchor ${index + 1} of ${options.path} can not be read`)
    else {
      const { signature, ...anchor } = found
      if (verify(null, signedBytes(anchor), key, Buffer.from(signature, 'base64'))) anchors.push(anchor)
      else problems.push(`anchor ${index + 1} of ${options.path} is not signed by this key, or was changed`)
    }
  }
  return { anchors, problems }
}
