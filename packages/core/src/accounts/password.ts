import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'

import { EngineError, kernelErrors } from '../kernel/errors.ts'

/** By OWASP as good as one pass over four times the memory, of which it takes 32 MiB (N = 2^15). */
const blockSize = 8
const passes = 3
const saltBytes = 16
const hashBytes = 32

/** How many are computed at once: so much memory is taken, and so many threads. */
const mostAtOnce = 2
/** How many may wait; more are refused instead of answered late. */
const mostWaiting = 100

interface Verified {
  readonly isRight: boolean
  /** Whether it was made by other parameters than a new one would be. */
  readonly isOutdated: boolean
}

/** @param cost the binary logarithm of the N of scrypt. @returns a PHC string */
export async function hashPassword(password: string, cost: number): Promise<string> {
  const salt = randomBytes(saltBytes)
  const hash = await derive(password, salt, { cost, blockSize, passes })
  return format({ cost, blockSize, passes }, salt, hash)
}

/**
 * Compares a password with what an account has. Without an account the same work is done for nothing, so that the time of an answer
 * does not tell whether there is one.
 */
export async function verifyPassword(password: string, stored: string | null, cost: number): Promise<Verified> {
  const known = stored === null ? null : read(stored)
  const { parameters, salt, hash } = known ?? {
    parameters: { cost, blockSize, passes },
    salt: Buffer.alloc(saltBytes),
    hash: Buffer.alloc(hashBytes),
  }
  const found = await derive(password, salt, parameters)
  const isSame = found.length === hash.length && timingSafeEqual(found, hash)
  const isCurrent = parameters.cost === cost && parameters.blockSize === blockSize && parameters.passes === passes
  return { isRight: known !== null && isSame, isOutdated: !isCurrent }
}

interface Parameters {
  readonly cost: number
  readonly blockSize: number
  readonly passes: number
}

function format({ cost, blockSize: r, passes: p }: Parameters, salt: Buffer, hash: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
  return `$scrypt$ln=${cost},r=${r},p=${p}$${text(salt)}$${text(hash)}`
}

const phc = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]+)\$([\w+/]+)$/

function read(stored: string): { parameters: Parameters; salt: Buffer; hash: Buffer } {
  const [, cost, r, p, salt = '', hash = ''] = phc.exec(stored) ?? []
  if (hash === '')
    throw new EngineError(kernelErrors.internal, 'The password of an account is kept in a form that this version does not know.')
  const parameters = { cost: Number(cost), blockSize: Number(r), passes: Number(p) }
  return { parameters, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

let atWork = 0
const waiting: (() => void)[] = []

async function derive(password: string, salt: Buffer, parameters: Parameters): Promise<Buffer> {
  if (waiting.length >= mostWaiting)
    throw new EngineError(kernelErrors.unavailable, 'More people log in than this server can look at. Try again in a moment.', {
      details: { retryAfterMs: 2_000 },
    })
  // A place is handed on by whoever leaves it, so that nobody takes it in between.
  if (atWork < mostAtOnce) atWork += 1
  else await new Promise<void>((resolve) => waiting.push(resolve))
  try {
    return await compute(password, salt, parameters)
  } finally {
    const next = waiting.shift()
    if (next) next()
    else atWork -= 1
  }
}

function compute(password: string, salt: Buffer, { cost, blockSize: r, passes: p }: Parameters): Promise<Buffer> {
  const N = 2 ** cost
  const options: ScryptOptions = { N, r, p, maxmem: 256 * N * r + 1024 * 1024 }
  // The same letters may be written in several ways, depending on the keyboard.
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFKC'), salt, hashBytes, options, (error, hash) => (error ? reject(error) : resolve(hash))),
  )
}
