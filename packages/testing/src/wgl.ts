/** What a thing does when its operations happen one at a time. */
export interface Model<State, Operation> {
  readonly init: State
  /** What the operation, with the answer that was observed, makes of a state, and whether the answer fits that state. Pure. */
  step(state: State, operation: Operation): { readonly state: State; readonly isLegal: boolean }
  /** Equal for equal states. */
  key(state: State): string
}

/** An operation with its answer and the span in which it happened, milliseconds of any one clock. */
export interface TimedOperation<Operation> {
  readonly operation: Operation
  readonly calledAt: number
  /** `Infinity` when its outcome is unknown: it may then have happened at any time after its call, or never. */
  readonly returnedAt: number
}

export type Linearizability<Operation> =
  | { readonly isLinearizable: true; readonly order: readonly Operation[] }
  /** `longest` is the longest legal order that was found: what comes next in any of them contradicts the model. */
  | { readonly isLinearizable: false; readonly longest: readonly Operation[] }

/**
 * Looks for an order in which each operation happened at one moment between its call and its return (Wing and Gong's
 * search, with Lowe's memory of what was tried). Takes exponential time in the number of operations that overlap, so it
 * is for short histories of one object; for long ones see `witness`. Spans that touch overlap.
 */
export function checkLinearizable<State, Operation>(
  model: Model<State, Operation>,
  history: readonly TimedOperation<Operation>[],
): Linearizability<Operation> {
  const timed = history.toSorted((left, right) => left.calledAt - right.calledAt)
  const tried = new Set<string>()
  const order: Operation[] = []
  let longest: readonly Operation[] = []

  /** Whether what is not in `done` can follow, from this state on. */
  function canFollow(done: bigint, state: State): boolean {
    const open = timed.flatMap((each, index) => (done & (1n << BigInt(index)) ? [] : [{ ...each, bit: 1n << BigInt(index) }]))
    const firstReturn = open.reduce((first, each) => Math.min(first, each.returnedAt), Infinity)
    if (firstReturn === Infinity) return true
    for (const { operation, calledAt, bit } of open) {
      // Whatever was called after another one's return can not come before it, and neither can those called later still.
      if (calledAt > firstReturn) break
      const next = model.step(state, operation)
      const point = `${(done | bit).toString(36)} ${model.key(next.state)}`
      if (!next.isLegal || tried.has(point)) continue
      tried.add(point)
      order.push(operation)
      if (order.length > longest.length) longest = [...order]
      if (canFollow(done | bit, next.state)) return true
      order.pop()
    }
    return false
  }

  return canFollow(0n, model.init) ? { isLinearizable: true, order } : { isLinearizable: false, longest }
}
