import { createHash, randomBytes } from 'node:crypto'

/** One checkout as the raw twins are asked for it. */
export interface Claim {
  readonly companyId: string
  readonly taskId: string
  readonly agentId: string
}

/** As the engine calls the worker of a checkout by the system. */
export const workerId = 'external:system:system'
export const leaseMs = 30_000

/** What a run acts with, as the engine makes it; the database gets the hash. */
export function newCredential(): { credential: string; hash: string } {
  const credential = `eng_run_${randomBytes(32).toString('base64url')}`
  return { credential, hash: createHash('sha256').update(credential).digest('hex') }
}
