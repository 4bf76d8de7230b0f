/** How long queries may follow each other before the event loop gets a turn, milliseconds. */
const busyStretchMs = 8

/**
 * For a database that answers inside this process: a caller that only awaits it would never let timers, sockets and
 * heartbeats have their turn. The function resolves at once most of the time, and now and then after the event loop had one.
 */
export function createTurns(): () => Promise<void> {
  let yieldedAt = 0
  let turn: Promise<void> | null = null
  return async () => {
    if (performance.now() - yieldedAt < busyStretchMs) return
    // One turn for all who ask meanwhile: they go on together, and their transactions can share a commit.
    turn ??= new Promise((resolve) =>
      setImmediate(() => {
        turn = null
        yieldedAt = performance.now()
        resolve()
      }),
    )
    await turn
  }
}
