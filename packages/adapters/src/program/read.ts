import type { Readable } from 'node:stream'

/** A process that escaped can hold the pipe open: once the program is over, silence this long is the end. */
const quietMs = 500
/** And so is this much, more than any pipe buffers, from one that keeps writing. */
const maxLeftoverBytes = 8 * 1024 * 1024

/**
 * Gives every chunk to `consume` and reads on when that has resolved, which holds a fast program back. Resolves at the
 * stream's end, or soon after `over` when somebody else keeps the stream open.
 */
export async function readUntilQuiet(stream: Readable, over: Promise<unknown>, consume: (chunk: Buffer) => Promise<void>): Promise<void> {
  const quiet = { isOver: false, isWaiting: true, timer: undefined as NodeJS.Timeout | undefined }
  const wait = () => {
    if (quiet.isOver && quiet.isWaiting) quiet.timer = setTimeout(() => stream.destroy(), quietMs)
  }
  void over.then(() => {
    quiet.isOver = true
    wait()
  })
  let leftoverBytes = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      clearTimeout(quiet.timer)
      quiet.isWaiting = false
      if (quiet.isOver) leftoverBytes += chunk.length
      if (leftoverBytes > maxLeftoverBytes) break
      await consume(chunk)
      quiet.isWaiting = true
      wait()
    }
  } catch (error) {
    if (!stream.destroyed || !isStreamError(error)) throw error
  } finally {
    clearTimeout(quiet.timer)
    quiet.isWaiting = false
  }
}

/** Our own `destroy`, or the pipe of a shim that was killed; a defect of `consume` is neither. */
function isStreamError(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    ['ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR', 'ECONNRESET', 'EPIPE'].includes(String(error.code))
  )
}
