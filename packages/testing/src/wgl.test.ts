import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { checkLinearizable, type Model, type TimedOperation } from './wgl.ts'

type Operation = { readonly write: number } | { readonly read: number }

const register: Model<number, Operation> = {
  init: 0,
  step: (state, operation) =>
    'write' in operation ? { state: operation.write, isLegal: true } : { state, isLegal: operation.read === state },
  key: String,
}

const at = (operation: Operation, calledAt: number, returnedAt: number): TimedOperation<Operation> => ({ operation, calledAt, returnedAt })

/** The definition itself: some subset of the unknown ones, in some order that respects who came before whom. */
function isLinearizableByDefinition(history: readonly TimedOperation<Operation>[], state = register.init): boolean {
  if (history.every((each) => each.returnedAt === Infinity)) return true
  return history.some((each) => {
    if (history.some((other) => other.returnedAt < each.calledAt)) return false
    const next = register.step(state, each.operation)
    const rest = history.filter((other) => other !== each)
    return next.isLegal && isLinearizableByDefinition(rest, next.state)
  })
}

const histories = fc.array(
  fc
    .record({
      operation: fc.oneof(fc.record({ write: fc.nat(2) }), fc.record({ read: fc.nat(2) })),
      calledAt: fc.nat(8),
      span: fc.oneof({ weight: 5, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
    })
    .map(({ operation, calledAt, span }) => at(operation, calledAt, calledAt + span)),
  { maxLength: 7 },
)

describe('linearizability', () => {
  it('is judged as its definition says', () => {
    const verdicts = new Set<boolean>()
    fc.assert(
      fc.property(histories, (history) => {
        const verdict = checkLinearizable(register, history)
        verdicts.add(verdict.isLinearizable)
        expect(verdict.isLinearizable).toBe(isLinearizableByDefinition(history))
      }),
      { numRuns: 5_000 },
    )
    expect(verdicts.size).toBe(2)
  })

  it('gives the order that explains a history', () => {
    const history = [at({ read: 1 }, 0, 10), at({ write: 1 }, 1, 9), at({ read: 0 }, 2, 8)]
    expect(checkLinearizable(register, history)).toEqual({ isLinearizable: true, order: [{ read: 0 }, { write: 1 }, { read: 1 }] })
  })

  it('refuses a read that is older than a write that had returned, and shows how far it came', () => {
    const history = [at({ write: 1 }, 0, 1), at({ read: 0 }, 2, 3)]
    expect(checkLinearizable(register, history)).toEqual({ isLinearizable: false, longest: [{ write: 1 }] })
  })

  it('lets what never returned happen late, or not at all', () => {
    const pending = at({ write: 1 }, 0, Infinity)
    expect(checkLinearizable(register, [pending, at({ read: 0 }, 1, 2), at({ read: 1 }, 3, 4)]).isLinearizable).toBe(true)
    expect(checkLinearizable(register, [pending, at({ read: 0 }, 1, 2)]).isLinearizable).toBe(true)
    expect(checkLinearizable(register, [pending, at({ read: 1 }, 1, 2), at({ read: 0 }, 3, 4)]).isLinearizable).toBe(false)
  })
})
