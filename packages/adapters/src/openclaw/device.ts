import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto'

import { failed, Refusal } from '../failures.ts'

/** What a gateway knows this side by. */
export interface Device {
  /** The fingerprint of its key. */
  readonly id: string
  readonly publicKey: string
  sign(text: string): string
}

/** @param pem a private Ed25519 key. @throws Refusal when it is none */
export function readDevice(pem: string): Device {
  const key = readKey(pem)
  // An Ed25519 key has this member, the 32 bytes of the key itself.
  const publicKey = createPublicKey(key).export({ format: 'jwk' }).x ?? ''
  return {
    id: createHash('sha256').update(Buffer.from(publicKey, 'base64url')).digest('hex'),
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), key).toString('base64url'),
  }
}

function readKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch {
    // It is no key at all.
  }
  throw new Refusal(failed('config', 'deviceKey is no private Ed25519 key as PEM; `openssl genpkey -algorithm ed25519` makes one.'))
}
