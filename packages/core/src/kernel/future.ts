import { EngineError, kernelErrors } from './errors.ts'

/** Refuses an end that has passed already. @throws `invalid_input` */
export function assertFuture({ now }: { now: string }, expiresAt: string | null | undefined): void {
  if (expiresAt === null || expiresAt === undefined || expiresAt > now) return
  throw new EngineError(kernelErrors.invalid_input, `expiresAt: ${expiresAt} has passed already; it is ${now}.`, {
    details: { errors: [{ path: 'expiresAt', message: 'has passed already' }] },
  })
}
