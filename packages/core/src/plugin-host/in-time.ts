import type { Clock } from '../ports/clock.ts'

/** What somebody else's code resolves with, when it does in time. What it does afterwards is heard by nobody. @throws what it throws, or that it is late */
export async function inTime<Result>(clock: Clock, ms: number, work: Promise<Result>): Promise<Result> {
  const over = new AbortController()
  const late = clock.sleep(ms, over.signal).then((): never => {
    throw new Error(`it did not answer within ${ms} ms`)
  })
  // Nobody asks any more how the slower one of them ends.
  const unheard = () => undefined
  late.catch(unheard)
  work.catch(unheard)
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
  }
}
