interface Waiting<Asked, Answer> {
  readonly asked: Asked
  resolve(answer: Answer): void
  reject(error: unknown): void
}

/**
 * Asks for everything that is wanted in one turn of the event loop together, `most` at a time: whoever wants one gets its own answer,
 * which stands at its own place. What fails, fails for all who asked together.
 */
export function gather<Asked, Answer>(
  ask: (all: readonly Asked[]) => Promise<readonly Answer[]>,
  most: number,
): (asked: Asked) => Promise<Answer> {
  let waiting: Waiting<Asked, Answer>[] = []

  async function askTogether(group: readonly Waiting<Asked, Answer>[]): Promise<void> {
    try {
      const answers = await ask(group.map(({ asked }) => asked))
      if (answers.length !== group.length) throw new Error(`${group.length} were asked for, and ${answers.length} answered`)
      for (const [index, answer] of answers.entries()) group[index]?.resolve(answer)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  function askAll(): void {
    const all = waiting
    waiting = []
    for (let start = 0; start < all.length; start += most) void askTogether(all.slice(start, start + most))
  }

  return (asked) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(askAll)
      waiting.push({ asked, resolve, reject })
    })
}
