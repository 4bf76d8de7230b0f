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
  /** Takes the wish away. @returns whether there was one */
  take(): boolean
}

export function wishBeside(path: string): Wish {
  const note = `${path}-wish`
  return {
    say: () => void quietly(() => closeSync(openSync(note, 'wx'))),
    // Asked before each commit is begun; there is none mostly, and asking costs less than failing.
    take: () => existsSync(note) && quietly(() => unlinkSync(note)),
  }
}

/** Of a database that no other process can have open. */
export const noWish: Wish = { say: () => undefined, take: () => false }

/** Without a wish everything goes on, less fairly. @returns whether it could be done; another process may have been quicker */
function quietly(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
