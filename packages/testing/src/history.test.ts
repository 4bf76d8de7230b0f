import { describe, expect, it } from 'vitest'

import { EngineError, defineErrors } from '@engine/core/plugin'

import { createHistory, parseHistory } from './history.ts'

const errors = defineErrors({
  checkout_conflict: { kind: 'conflict', help: '' },
  unavailable: { kind: 'unavailable', help: '' },
})
const checkout = { process: 'client 1', operation: 'tasks.checkout', input: { taskId: 'task' } }
const rejection = (error: unknown) => async () => {
  throw error
}

describe('a recorder', () => {
  it('notes what a caller was told and passes it on', async () => {
    const history = createHistory()
    expect(await history.record(checkout, async () => 'yours')).toBe('yours')
    const refusal = new EngineError(errors.checkout_conflict, 'taken', { details: { holder: 'Ada' } })
    await expect(history.record(checkout, rejection(refusal))).rejects.toBe(refusal)
    expect(history.calls.map((call) => call.outcome)).toMatchObject([
      { status: 'acked', answer: 'yours' },
      { status: 'refused', code: 'checkout_conflict', details: { holder: 'Ada' } },
    ])
  })

  it('does not take an error for a refusal that leaves the outcome open', async () => {
    const history = createHistory()
    const open = [
      new EngineError(errors.unavailable, 'the connection broke'),
      Object.assign(new Error('reset'), { code: 'ECONNRESET' }),
      'thrown',
    ]
    for (const error of open) await expect(history.record(checkout, rejection(error))).rejects.toBe(error)
    expect(history.calls.map((call) => call.outcome)).toMatchObject([
      { status: 'unknown', code: 'unavailable' },
      { status: 'unknown', code: 'ECONNRESET' },
      { status: 'unknown', code: null },
    ])
    const strict = createHistory({ isRefusal: () => true })
    await expect(strict.record(checkout, rejection('thrown'))).rejects.toBe('thrown')
    expect(strict.calls[0]?.outcome).toMatchObject({ status: 'refused', code: 'unnamed' })
  })

  it('gives each call a request id to send, the one it was told, or none', async () => {
    const history = createHistory()
    const sent: unknown[] = []
    const make = async (options: object) => void sent.push(options)
    await history.record(checkout, make)
    await history.record({ ...checkout, requestId: 'mine' }, make)
    await history.record({ ...checkout, requestId: null }, make)
    expect(sent).toEqual([{ requestId: history.calls[0]?.requestId }, { requestId: 'mine' }, {}])
    expect(history.calls.map((call) => call.requestId)).toEqual([expect.any(String), 'mine', null])
  })

  it('shows calls that overlap, and orders those that follow each other even by a clock that stands', async () => {
    const history = createHistory({ now: () => 5 })
    const gate = Promise.withResolvers<void>()
    const slow = history.record({ ...checkout, process: 'slow' }, () => gate.promise)
    await history.record({ ...checkout, process: 'quick' }, async () => 1)
    expect(history.calls[0]?.outcome).toEqual({ status: 'unknown', returnedAt: null, code: null })
    gate.resolve()
    await slow
    await history.record({ ...checkout, process: 'after' }, async () => 2)
    const spans = history.calls.flatMap(({ calledAt, outcome }) => [calledAt, outcome.returnedAt ?? Infinity])
    const [slowStart = 0, slowEnd = 0, quickStart = 0, quickEnd = 0, afterStart = 0] = spans
    expect([slowStart, quickStart, quickEnd, slowEnd, afterStart]).toEqual(
      [slowStart, quickStart, quickEnd, slowEnd, afterStart].toSorted((left, right) => left - right),
    )
    expect(new Set(spans).size).toBe(6)
  })
})

describe('a written history', () => {
  it('is read as it was recorded, from several recorders together', async () => {
    let time = 0
    const now = () => (time += 1)
    const [one, two] = [createHistory({ now }), createHistory({ now })]
    await one.record({ ...checkout, runId: 'run' }, async () => ({ task: 'a' }))
    await expect(two.record(checkout, rejection(new EngineError(errors.checkout_conflict, 'taken')))).rejects.toThrow('taken')
    await one.record(checkout, async () => undefined)
    const [first, third] = one.calls
    expect(parseHistory(one.toJsonl(), two.toJsonl())).toEqual(JSON.parse(JSON.stringify([first, two.calls[0], third])))
  })

  it('keeps a call that its process did not survive, as one of unknown outcome', async () => {
    const written: string[] = []
    const history = createHistory({ onLine: (line) => written.push(`${line}\n`) })
    await history.record(checkout, async () => 'first')
    void history.record(checkout, () => new Promise(() => undefined))
    const killed = `${written.join('')}{"event":"retur`
    expect(parseHistory(killed).map((call) => call.outcome.status)).toEqual(['acked', 'unknown'])
    expect(history.toJsonl()).toBe(written.join(''))
  })

  it.each(['no json', '{"event":"called"}', '{"event":"unheard of"}'])('names the line that is none: %s', (line) => {
    expect(() => parseHistory(`${line}\n`)).toThrow(`line 1 is no line of a history: ${line}`)
  })

  it('refuses a return without its call', () => {
    const returned = { event: 'returned', id: 'x', outcome: { status: 'unknown', returnedAt: 1, code: null } }
    expect(() => parseHistory(`${JSON.stringify(returned)}\n`)).toThrow('never made: x')
  })
})
