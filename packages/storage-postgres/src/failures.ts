/** SQLSTATE of a connection that broke: nothing of what was asked for can have happened, except a commit. */
const connectionFailure = '08006'
/** SQLSTATE of a connection that could not be made. */
const noConnection = '08001'
/** SQLSTATE of a commit whose answer never came: it may or may not have happened. */
const unknownOutcome = '08007'

/**
 * What a query ends with whose connection broke while it was under way, always with the code of a broken connection: unlike a
 * connection that could not be made, it may have been done. Null for an answer of the server.
 */
export function brokenUnderway(error: unknown): Error | null {
  const coded = withCode(error)
  if (!(coded instanceof Error) || !isBroken(coded)) return null
  return Object.assign(new Error(coded.message, { cause: coded }), { code: connectionFailure })
}

/** A prepared statement of a table that has got another column since: it must be prepared anew. */
export function isStalePlan(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '0A000' && error.message.includes('cached plan')
}

/** node-postgres reports a broken connection by message only; callers go by codes. */
export function withCode(error: unknown): unknown {
  if (!(error instanceof Error) || ('code' in error && typeof error.code === 'string' && error.code !== '')) return error
  return isConnectionLoss(error) ? Object.assign(error, { code: connectionFailure }) : error
}

/** A connection that could not be made: nothing was asked for yet. */
export function asConnectFailure(error: unknown): unknown {
  if (!(error instanceof Error) || ('code' in error && typeof error.code === 'string' && error.code !== '')) return error
  return Object.assign(error, { code: noConnection })
}

/** What a failed commit means: a database that answered refused it, silence leaves it open. */
export function asCommitFailure(error: unknown): unknown {
  const coded = withCode(error)
  if (!(coded instanceof Error) || !('code' in coded) || typeof coded.code !== 'string') return coded
  return isLost(coded.code) ? Object.assign(new Error(coded.message, { cause: coded }), { code: unknownOutcome }) : coded
}

/** Whether the connection itself is of no use any more. */
function isBroken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && isLost(error.code)
}

function isLost(code: string): boolean {
  // 57P01..03: the server is going down, 25P03: we were silent for too long; both close the connection with these words.
  return (
    code.startsWith('08') || /^(57P0[123]|25P03)$/.test(code) || /^E(CONN|PIPE|TIMEDOUT|HOST|NET|AI)/.test(code) || code === 'ENOTFOUND'
  )
}

function isConnectionLoss(error: Error): boolean {
  return /connection|terminated|timeout|socket|not queryable|client was closed/i.test(error.message)
}
