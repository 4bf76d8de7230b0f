import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { EngineError, type Api, type Engine, type Role, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { openEngine } from './support/company.ts'
import { temporaryFolder } from './support/files.ts'
import { newDatabase } from './support/storages.ts'

const rounds = 12

/** Opens one database as often as it is called. */
async function newPlace(name: string): Promise<() => Storage> {
  if (name === 'sqlite') {
    const file = join(temporaryFolder(), 'engine.db')
    return () => sqlite(file)
  }
  const url = await newDatabase()
  return () => postgres(url)
}

describe.each(['sqlite', 'postgres'])('several people who decide at once, through two engines on %s', (name) => {
  let engines: Engine[] = []
  let companyId = ''

  beforeEach(async () => {
    const open = await newPlace(name)
    engines = []
    for (let index = 0; index < 2; index += 1) engines.push((await openEngine(open())).engine)
    const [first] = engines
    companyId = (await first?.companies.create({ name: 'Acme' }))?.id ?? ''
  })

  afterEach(async () => {
    await Promise.all(engines.map((engine) => engine.stop()))
  })

  function person(index: number, role: Role = 'admin'): Api {
    const engine = engines[index % engines.length]
    if (!engine) throw new Error('no engine is open')
    return engine.as({ kind: 'user', id: `person ${index}`, roles: { [companyId]: role } })
  }

  /** What became of calls that were made at the same moment: answers, and the codes of refusals. */
  async function atOnce<Answer>(calls: (() => Promise<Answer>)[]) {
    const settled = await Promise.allSettled(calls.map((call) => call()))
    const answers = settled.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const refusals = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []))
    for (const reason of refusals) if (!EngineError.isInstance(reason)) throw reason
    return { answers, codes: refusals.map((reason: EngineError) => reason.code) }
  }

  async function decisionsOf(approvalId: string) {
    const { items } = await person(0).events.list({ companyId, limit: 100 })
    return items.filter((event) => event.entity.id === approvalId && event.type === 'approval.decided')
  }

  it('make one decision, with its effect once', { timeout: 120_000 }, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const payload = { name: `Bob ${round}`, role: 'writer', adapterType: 'scripted' }
      const { id: approvalId, payloadHash, agentId } = await person(round).approvals.request({ companyId, type: 'hire_agent', payload })
      const approve = (index: number) => () => person(index).approvals.approve({ approvalId, payloadHash, createKey: true })
      const reject = (index: number) => () => person(index).approvals.reject({ approvalId, note: 'No' })
      const cancel = (index: number) => () => person(index).approvals.cancel({ approvalId })
      const calls = [approve(0), reject(1), cancel(2), approve(3), reject(4), approve(5), cancel(6), approve(7)]
      // Who asks first is another one in each round.
      const { answers, codes } = await atOnce([...calls.slice(round % 8), ...calls.slice(0, round % 8)])
      expect(answers).toHaveLength(1)
      expect(codes).toEqual(Array.from({ length: 7 }, () => 'illegal_transition'))
      const seen = await person(1).approvals.get({ approvalId })
      expect(seen).toMatchObject({ status: answers[0]?.status, decidedBy: answers[0]?.decidedBy, version: 2 })
      const agent = await person(0).agents.get({ agentId: agentId ?? '' })
      expect(agent.status).toBe(seen.status === 'approved' ? 'idle' : 'terminated')
      const keys = await person(0).keys.list({ companyId })
      expect(keys.items.filter((key) => key.agentId === agentId)).toHaveLength(seen.status === 'approved' ? 1 : 0)
    }
  })

  it('and somebody who resubmits meanwhile: nobody approves what was not shown', { timeout: 120_000 }, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const asked = await person(0).approvals.request({ companyId, type: 'custom', subject: `round ${round}`, payload: { amount: 1 } })
      const approvalId = asked.id
      await person(1).approvals.requestRevision({ approvalId, note: 'Less' })
      await atOnce([
        () => person(2).approvals.resubmit({ approvalId, payload: { amount: 1_000 } }),
        () => person(3).approvals.approve({ approvalId, payloadHash: asked.payloadHash }),
        () => person(4).approvals.approve({ approvalId, payloadHash: asked.payloadHash }),
      ])
      expect(await person(0).approvals.get({ approvalId })).toMatchObject({ status: 'pending', payload: { amount: 1_000 } })
    }
  })

  it('and ask at once: one request waits about each subject', { timeout: 120_000 }, async () => {
    for (let round = 0; round < rounds; round += 1) {
      const ask = (index: number) => () =>
        person(index, 'operator').approvals.request({ companyId, type: 'custom', subject: `round ${round}`, payload: { index } })
      const { answers, codes } = await atOnce(Array.from({ length: 6 }, (_, index) => ask(index)))
      expect(answers).toHaveLength(1)
      expect(codes).toEqual(Array.from({ length: 5 }, () => 'approval_pending'))
    }
    const open = await person(0).approvals.list({ companyId, status: 'pending' })
    expect(open.items).toHaveLength(rounds)
  })

  it('get one answer to one Idempotency-Key, however often they ask', { timeout: 120_000 }, async () => {
    const { id: approvalId, payloadHash } = await person(0).approvals.request({
      companyId,
      type: 'hire_agent',
      payload: { name: 'Bob', role: 'writer', adapterType: 'scripted' },
    })
    const same = [0, 1].flatMap((engine) => [0, 1, 2].map(() => engine))
    const { answers, codes } = await atOnce(
      same.map((engine) => () => {
        const on = engines[engine]?.as({ kind: 'user', id: 'one person', roles: { [companyId]: 'admin' } })
        if (!on) throw new Error('no engine is open')
        return on.approvals.approve({ approvalId, payloadHash, createKey: true }, { idempotencyKey: 'approve' })
      }),
    )
    expect(codes).toEqual([])
    expect(new Set(answers.map((answer) => answer.key)).size).toBe(1)
    const decided = await decisionsOf(approvalId)
    expect(decided).toHaveLength(1)
  })
})
