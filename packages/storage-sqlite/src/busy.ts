/** What a call meets that comes after the database was closed; nothing of it happened. */
export function closedError(): Error {
  return Object.assign(new Error('the database is closed'), { code: 'SQLITE_CANTOPEN' })
}

/** How long it is at most from one attempt to the next, milliseconds. */
export const longestPauseMs = 11

/**
 * Tries until another process's lock is gone. SQLite's own wait blocks the event loop and so is kept short; this one
 * lets everything else go on, with jitter, so that waiting processes do not meet again and again.
 *
 * @param waiting is told after each attempt that another one follows
 */
export async function whileBusy<Result>(waitMs: number, attempt: () => Result, waiting?: () => void): Promise<Result> {
  const deadline = performance.now() + waitMs
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
      waiting?.()
      await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * (longestPauseMs - 1)))
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_BUSY')
}
