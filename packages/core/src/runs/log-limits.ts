/** What is kept of a log, in bytes of UTF-8: its beginning and its end, where the reasons stand, and nothing of the middle. */
export interface LogLimits {
  /** Of all that is kept. */
  readonly most: number
  /** Of one chunk, so that a page of a hundred is some megabytes. */
  readonly chunk: number
}

const longestChunk = 65_536
/** Room is made for so many parts of the whole at once, so that not every call has to remove something. */
const blocks = 16

export function logLimits(most: number): LogLimits {
  // A character of UTF-8 has up to four bytes.
  return { most, chunk: Math.max(4, Math.min(longestChunk, Math.floor(most / blocks))) }
}

/** What of a log is kept: all that ends at `head` bytes or before, and all that ends at `from` or behind it. */
export interface Kept {
  readonly head: number
  readonly from: number
  /** Whether rows that were kept so far are to be removed. */
  readonly removes: boolean
}

/** What is kept of a log that had `before` bytes and has `totalBytes` now. Pure. */
export function keptOf({ before, totalBytes }: { before: number; totalBytes: number }, { most, chunk }: LogLimits): Kept {
  const head = Math.floor(most / 2)
  const block = Math.max(1, Math.floor(most / blocks))
  // Whole blocks are removed, so what is left grows by less than one until the next time; and its first chunk may begin before it.
  const tail = Math.max(0, most - head - block - chunk)
  if (totalBytes <= most) return { head, from: 0, removes: false }
  const removes = Math.floor(totalBytes / block) > Math.floor(before / block) || before <= most
  return { head, from: totalBytes - tail, removes }
}

/** Whether a chunk that ends there is kept. Pure. */
export function isKept(endsAt: number, { head, from, removes }: Kept): boolean {
  return !removes || endsAt <= head || endsAt >= from
}

/** A text in pieces of so many bytes at most, each of whole characters. Pure. */
export function piecesOf(text: string, most: number): string[] {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return [text]
  const pieces: string[] = []
  let start = 0
  while (start < bytes.length) {
    let end = Math.min(start + most, bytes.length)
    while (end < bytes.length && isInside(bytes[end] ?? 0)) end -= 1
    pieces.push(bytes.toString('utf8', start, end))
    start = end
  }
  return pieces
}

/** A byte of UTF-8 that no character begins with. */
function isInside(byte: number): boolean {
  return (byte & 0b1100_0000) === 0b1000_0000
}
