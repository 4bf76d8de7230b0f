import { createScreen, type Screen } from './screen.ts'

const everyMs = 250

interface Working {
  /** What is being done, such as `Copying the database`. */
  readonly what: string
  /** How far it is, where that can be told. */
  readonly progress?: () => string
  /** Where it is said; standard error, so that what is printed stays what it is. */
  readonly screen?: Screen
}

/** Says on a terminal what is under way, for how long and how far, until it is over; where nobody looks, nothing. */
export async function working<Result>(
  { what, progress, screen = createScreen(process.stderr) }: Working,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!screen.isInteractive) return work()
  const startedMs = Date.now()
  const show = () => {
    const seconds = Math.round((Date.now() - startedMs) / 1_000)
    screen.status([`${what}: ${seconds} s`, ...(progress ? [progress()] : [])].filter(Boolean).join(', '))
  }
  const timer = setInterval(show, everyMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
    screen.status('')
  }
}

/** A bar of twenty signs and the share, such as `[#####...............] 25 %`. */
export function bar(done: number, all: number): string {
  const share = all > 0 ? Math.min(1, done / all) : 1
  const full = Math.floor(share * 20)
  return `[${'#'.repeat(full)}${'.'.repeat(20 - full)}] ${Math.floor(share * 100)} %`
}
