import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync, randomBytes } from 'node:crypto'

import { SECRETS_SPEC, type SecretStore } from '../ports/secret-store.ts'

/** 32 random bytes, as they are or in base64: `openssl rand -base64 32`. */
export type SecretKey = Uint8Array | string

/** One key, or several while values of older ones are still there: the first seals, all open. */
export type LocalSecretsOptions =
  | { readonly key: SecretKey }
  | {
      /** `id` stands in what a key sealed; left out, it is made from the key. */
      readonly keys: readonly { readonly id?: string; readonly key: SecretKey }[]
    }

interface Key {
  readonly id: string
  readonly sealing: Buffer
  readonly fingerprinting: Buffer
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
/** Random bytes have about 30 different ones among 32; so few are made up. */
const leastDifferentBytes = 16

/**
 * Seals secrets with a key of this machine: AES-256-GCM, a random nonce of 96 bits for each value (PROMISES S16).
 * @throws Error for a key that is none, or a weak one
 */
export function localSecrets(options: LocalSecretsOptions): SecretStore {
  const keys = 'keys' in options ? options.keys.map(prepare) : [prepare(options)]
  const [newest] = keys
  if (!newest) throw new Error('localSecrets needs a key: 32 random bytes in base64, such as `openssl rand -base64 32` prints.')
  const byId = new Map(keys.map((key) => [key.id, key]))
  if (byId.size < keys.length) throw new Error('localSecrets was given two keys of one id; give each an id of its own, once.')
  return {
    spec: SECRETS_SPEC,
    id: `local:${newest.id}`,
    seal: async (value, associatedData) => seal(newest, value, associatedData),
    open: async (sealed, associatedData) => open(byId, sealed, associatedData),
    fingerprint: async (value, associatedData) =>
      createHmac('sha256', newest.fingerprinting)
        .update(JSON.stringify([associatedData, value]))
        .digest('base64url'),
  }
}

function prepare(given: { readonly id?: string; readonly key: SecretKey }): Key {
  const bytes = readKey(given.key)
  const id = given.id ?? hash('sha256', bytes).slice(0, 12)
  if (!/^[\w-]{1,64}$/.test(id)) throw new Error(`"${id}" is no id of a key: use letters, digits, _ and -, at most 64.`)
  return { id, sealing: derive(bytes, 'seal'), fingerprinting: derive(bytes, 'fingerprint') }
}

function derive(bytes: Uint8Array, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', bytes, '', `engine.secret.v1 ${purpose}`, keyBytes))
}

function readKey(key: SecretKey): Uint8Array {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : key
  const advice = `A key is ${keyBytes} random bytes, as a Uint8Array or in base64; make one with \`openssl rand -base64 32\`.`
  if (typeof key === 'string' && !/^[\w+/-]+={0,2}$/.test(key)) throw new Error(`This key for secrets is not base64. ${advice}`)
  if (bytes.length !== keyBytes) throw new Error(`This key for secrets has ${bytes.length} bytes. ${advice}`)
  if (isWeak(bytes)) throw new Error(`This key for secrets is not random: its bytes follow a pattern. ${advice}`)
  return bytes
}

function isWeak(bytes: Uint8Array): boolean {
  const step = (at: number) => ((bytes[at + 1] ?? 0) - (bytes[at] ?? 0) + 256) % 256
  const steps = new Set(Array.from({ length: bytes.length - 1 }, (_, at) => step(at)))
  return new Set(bytes).size < leastDifferentBytes || steps.size < leastDifferentBytes / 2
}

function seal(key: Key, value: string, associatedData: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key.sealing, nonce).setAAD(Buffer.from(associatedData))
  const body = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()])
  return `v1.${key.id}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`
}

function open(keys: ReadonlyMap<string, Key>, sealed: string, associatedData: string): string | null {
  const [version, id = '', text = ''] = sealed.split('.')
  const key = keys.get(id)
  const bytes = Buffer.from(text, 'base64url')
  if (version !== 'v1' || !key || bytes.length < nonceBytes + tagBytes) return null
  const decipher = createDecipheriv(algorithm, key.sealing, bytes.subarray(0, nonceBytes)).setAAD(Buffer.from(associatedData))
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]).toString('utf8')
  } catch {
    // Another place, another key, or another text than was sealed.
    return null
  }
}
