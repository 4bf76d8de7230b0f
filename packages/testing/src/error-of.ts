import { EngineError } from '@engine/core'

/** What an error of Engine says, as plain data. */
export interface SeenError {
  readonly code: string
  readonly kind: string
  readonly message: string
  readonly details: Record<string, unknown>
}

/** The EngineError that a call ends with. @throws when it succeeds, and with its own error when that is of another kind */
export async function errorOf(call: Promise<unknown>): Promise<SeenError> {
  try {
    await call
  } catch (error) {
    if (!EngineError.isInstance(error)) throw error
    const { code, kind, message, details } = error
    return { code, kind, message, details: { ...details } }
  }
  throw new Error('the call succeeded')
}
