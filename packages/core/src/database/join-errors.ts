import { explainDatabaseError } from '../kernel/constraints.ts'
import { EngineError, defineErrors } from '../kernel/errors.ts'
import { codeOf, messageOf } from '../kernel/failure.ts'

const joinErrors = defineErrors({
  not_joinable: {
    kind: 'invalid',
    help: "Pass a handle of this engine's own database with a transaction open on it; the message says which.",
  },
  transaction_over: { kind: 'conflict', help: 'Roll back what is left of the transaction, begin a new one and join that.' },
})

/** The SQLSTATE of a savepoint outside a transaction; storages of SQLite say it too. */
const noTransaction = '25P01'
const failedTransaction = '25P02'

/** What a failure means to the host whose transaction it is; anything else comes back as it was. */
export function explainJoinError(error: unknown): unknown {
  const code = codeOf(error)
  if (code === noTransaction) return transactionOver(error)
  if (code !== failedTransaction) return explainDatabaseError(error)
  return new EngineError(joinErrors.transaction_over, 'Your transaction failed before this call; nothing but a rollback can follow.', {
    cause: error,
  })
}

export function transactionOver(cause?: unknown): EngineError {
  return new EngineError(
    joinErrors.transaction_over,
    'No transaction is open on this handle, or it is another one than was joined. Begin one and join it; await each call before you commit.',
    { cause },
  )
}

export function notJoinable(message: string, cause?: unknown): EngineError {
  return new EngineError(joinErrors.not_joinable, message, { cause })
}

export function unreachable(cause: unknown): EngineError {
  return notJoinable(`This transaction can not reach Engine's tables: ${messageOf(cause)}.`, cause)
}
