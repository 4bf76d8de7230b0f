import { newSecret } from '../kernel/secret.ts'

/** A new run credential, shown once; the database keeps only its hash. */
export function newCredential(): { credential: string; hash: string } {
  const { secret, hash } = newSecret('run')
  return { credential: secret, hash }
}
