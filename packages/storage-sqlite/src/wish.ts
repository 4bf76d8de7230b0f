import { closeSync, existsSync, openSync, unlinkSync } from 'node:fs'

/**
 * Processes that wait for the lock of a file say so, by a file beside it. SQLite wakes nobody, so that whoever waits looks now and then;
 * and a process with much to write takes the lock again as soon as it let go of it. With a wish there, it lets the other one in first.
 *
 * A wish that nobody has any more, since its process died, costs one pause: who heeds it takes it away.
 */
export interface Wish {
  /** Says that somebody waits; said again at each look, since others take it away. */
  say(): void
  /** Takes a wish of others away. @returns whether there was one */
  heed(): boolean
  /** Takes one's own away. */
  takeBack(): void
}

/** How long nobody looks for a wish after somebody did, milliseconds: a look costs a small commit much, and who waits can wait so long. */
const looksApartMs = 4

export function wishBeside(path: string): Wish {
  const note = `${path}-wish`
  let lookedMs = Number.NEGATIVE_INFINITY
  // There is none mostly, and asking costs less than failing.
  const take = () => existsSync(note) && quietly(() => unlinkSync(note))
  return {
    say: () => void quietly(() => closeSync(openSync(note, 'wx'))),
    heed() {
      const nowMs = performance.now()
      if (nowMs - lookedMs < looksApartMs) return false
      lookedMs = nowMs
      return take()
    },
    takeBack: () => void take(),
  }
}

/** Of a database that no other process can have open. */
export const noWish: Wish = { say: () => undefined, heed: () => false, takeBack: () => undefined }

/** Without a wish everything goes on, less fairly. @returns whether it could be done; another process may have been quicker */
function quietly(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
