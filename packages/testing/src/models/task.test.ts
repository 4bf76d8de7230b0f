import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { simulate, ownershipVerbs, stepsOf, type Simulated } from '../witness/simulated/index.ts'
import { witness } from '../witness/index.ts'
import type { RecordedCall } from '../history.ts'
import { checkLinearizable, type TimedOperation } from '../wgl.ts'
import { taskModel, taskOperations, type TaskOperation } from './task.ts'

const isLinearizable = ({ history }: Pick<Simulated, 'history'>) =>
  [...taskOperations(history).values()].every((operations) => checkLinearizable(taskModel, operations).isLinearizable)

/** What the model says of operations that follow each other without overlap. */
const inOrder = (...operations: readonly TaskOperation[]) =>
  checkLinearizable(
    taskModel,
    operations.map((operation, index) => ({ operation, calledAt: index, returnedAt: index + 0.5 })),
  ).isLinearizable

const claim = (runId: string, fence: number): TaskOperation => ({ verb: 'claim', answer: 'acked', runId, fence })
const act = (verb: 'complete' | 'release' | 'heartbeat', runId: string | null, answer: 'acked' | 'refused' = 'acked'): TaskOperation => ({
  verb,
  answer,
  runId,
})

const acked = (operation: string, input: object, answered: { answer: object; from: number; to: number }): RecordedCall => ({
  id: `${operation} ${answered.from}`,
  process: 'a',
  operation,
  input,
  requestId: null,
  runId: null,
  calledAt: answered.from,
  outcome: { status: 'acked', returnedAt: answered.to, answer: answered.answer },
})

describe('the ownership of a task', () => {
  it('is lost once by a run, however many who sweep it are told so', () => {
    const checkout = acked(
      'tasks.checkout',
      { taskId: 't' },
      { answer: { task: { id: 't' }, run: { id: 'a', fence: 1 }, credential: '' }, from: 1, to: 2 },
    )
    const sweep = (from: number, to: number) => acked('runs.sweep', { runId: 'a' }, { answer: { status: 'lost', taskId: 't' }, from, to })
    const [together, next] = [
      [checkout, sweep(3, 9), sweep(4, 6)],
      { answer: { task: { id: 't' }, run: { id: 'b', fence: 2 }, credential: '' }, from: 7, to: 8 },
    ]
    const isLegal = (...history: readonly RecordedCall[]) => isLinearizable({ history })
    expect(isLegal(...together)).toBe(true)
    expect(isLegal(...together, acked('tasks.checkout', { taskId: 't' }, next))).toBe(true)
    // Nobody has it before the first of them has begun.
    expect(isLegal(...together, acked('tasks.checkout', { taskId: 't' }, { ...next, from: 2.2, to: 2.4 }))).toBe(false)
  })

  it('passes from one run to the next, under the next fence', () => {
    expect(inOrder(claim('a', 1), act('release', 'a'), claim('b', 2), act('complete', 'b'))).toBe(true)
    expect(inOrder(claim('a', 1), { verb: 'expire', answer: 'acked', runId: 'a' }, claim('b', 2), act('heartbeat', 'a', 'refused'))).toBe(
      true,
    )
    expect(inOrder(claim('a', 1), act('release', null), claim('b', 2))).toBe(true)
  })

  it.each<[string, readonly TaskOperation[]]>([
    ['two owners', [claim('a', 1), claim('b', 2)]],
    ['a fence used twice', [claim('a', 1), act('release', 'a'), claim('b', 1)]],
    ['a fence left out', [claim('a', 2)]],
    ['a claim of what is done', [claim('a', 1), act('complete', 'a'), claim('b', 2)]],
    ['a refusal for a holder who is none', [claim('a', 1), { verb: 'claim', answer: 'refused', holder: 'b' }]],
    ['a refusal of a free task', [{ verb: 'claim', answer: 'refused', holder: null }]],
    ['a completion by who is not the owner', [claim('a', 1), act('complete', 'b')]],
    ['a heartbeat after the end', [claim('a', 1), act('release', 'a'), act('heartbeat', 'a')]],
    ['an owner who is refused', [claim('a', 1), act('heartbeat', 'a', 'refused')]],
    ['a completion of a free task', [act('complete', null)]],
  ])('never shows %s', (_name, operations) => {
    expect(inOrder(...operations)).toBe(false)
  })

  it('may have been taken by a caller who never heard of it, or not', () => {
    const unheard: TimedOperation<TaskOperation> = { operation: { verb: 'claim', answer: 'unknown' }, calledAt: 0, returnedAt: Infinity }
    const followedBy = (...operations: TaskOperation[]) =>
      checkLinearizable(taskModel, [
        unheard,
        ...operations.map((operation, index) => ({ operation, calledAt: index + 1, returnedAt: index + 1.5 })),
      ]).isLinearizable
    const refusedFor = (holder: string): TaskOperation => ({ verb: 'claim', answer: 'refused', holder })
    expect(followedBy(claim('a', 1))).toBe(true)
    expect(followedBy(refusedFor('x'), act('heartbeat', 'x'), act('heartbeat', 'a', 'refused'))).toBe(true)
    expect(followedBy(refusedFor('x'), claim('a', 2))).toBe(false)
    expect(followedBy(refusedFor('x'), refusedFor('y'))).toBe(false)
  })
})

const overlapping = stepsOf({ verbs: ownershipVerbs, maxLength: 30, tasks: 2, overlap: 3 })
const apart = stepsOf({ verbs: ownershipVerbs, minLength: 40, maxLength: 60, tasks: 2, overlap: 0 })

describe('recorded histories', () => {
  it('are linearizable, task by task, when the engine holds', () => {
    fc.assert(
      fc.property(overlapping, (steps) => {
        expect(isLinearizable(simulate({ steps }))).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it.each(['double_claim', 'reused_fence', 'skipped_fence'] as const)('show every %s when no calls overlap', (fault) => {
    fc.assert(
      fc.property(apart, fc.nat(10), (steps, faultFrom) => {
        const simulated = simulate({ steps, fault, faultFrom })
        const { faultAt, history } = simulated
        // A claim that nobody was told of leaves the callers nothing to contradict each other by.
        fc.pre(history.some((call) => call.id === `call-${faultAt}` && call.outcome.status === 'acked'))
        expect(isLinearizable(simulated)).toBe(false)
      }),
      { numRuns: 100, maxSkipsPerRun: 1_000 },
    )
  })

  it('show nothing that the witness does not see', () => {
    let [seenByModel, faults] = [0, 0]
    fc.assert(
      fc.property(overlapping, fc.nat(10), (steps, faultFrom) => {
        const simulated = simulate({ steps, fault: 'double_claim', faultFrom })
        fc.pre(simulated.faultAt !== null)
        faults += 1
        seenByModel += isLinearizable(simulated) ? 0 : 1
        expect(witness(simulated.events, { history: simulated.history })).not.toEqual([])
      }),
      { numRuns: 300, maxSkipsPerRun: 1_000 },
    )
    // Which is why the log is the witness: calls that overlap explain away some of what went wrong.
    expect(seenByModel).toBeGreaterThan(0)
    expect(seenByModel).toBeLessThan(faults)
  })
})
