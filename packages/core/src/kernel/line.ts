/** Lets work wait in line: each begins when the one before is over, however that ended. */
export type Line = <Result>(work: () => Promise<Result>) => Promise<Result>

export function createLine(): Line {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const own = last.then(work, work)
    last = own
    return own
  }
}
