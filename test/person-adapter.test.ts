import { describe, expect, it, onTestFinished } from 'vitest'

import { personAdapter } from '@engine/adapters/person'
import { createEngine, type UserActor } from '@engine/core'
import { watched } from '@engine/testing'

import { until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'] as const)('an agent that is a person who is asked, on %s', (family) => {
  it('waits in an inbox without a process, hands in what was answered, and asks again for a revision', { timeout: 60_000 }, async () => {
    const engine = await createEngine({
      storage: watched(await newStorage(family)),
      adapters: [personAdapter()],
      checksOutputs: true,
      settings: { pollMs: 20 },
    })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    const kim: UserActor = { kind: 'user', id: 'kim', roles: { [companyId]: 'reviewer' } }
    const hired = { companyId, name: 'Desk', role: 'clerk', adapterType: 'person' }
    const { id: assigneeAgentId } = await engine.agents.create(hired)
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Count the chairs', assigneeAgentId })
    await engine.start()

    const inbox = engine.as(kim).interactions
    const nextQuestion = async () => {
      const { items } = await until(
        () => inbox.list({ companyId, status: 'pending', answerable: true }),
        (page) => page.items.length === 1,
        30_000,
      )
      return inbox.get({ interactionId: items[0]?.id ?? '' })
    }
    const taskIs = (status: string) =>
      until(
        () => engine.tasks.get({ taskId }),
        (task) => task.status === status,
        30_000,
      )
    const first = await nextQuestion()
    expect(first.ask).toMatchObject({ kind: 'question', prompt: expect.stringContaining('Count the chairs') })
    expect((await engine.runs.list({ companyId, taskId })).items).toMatchObject([{ status: 'waiting' }])
    await inbox.answer({ interactionId: first.id, choice: 'done', text: '12 chairs' })
    await taskIs('in_review')
    const [submitted] = (await engine.deliverables.list({ companyId, taskId })).items
    const review = { deliverableId: submitted?.id ?? '', decision: 'revision_requested' as const, feedback: 'Count the stools too.' }
    await engine.as(kim).deliverables.review(review)

    const second = await nextQuestion()
    expect(second.ask).toMatchObject({ prompt: expect.stringContaining('Count the stools too.') })
    await inbox.answer({ interactionId: second.id, choice: 'blocked', text: 'The stools are locked away.' })
    expect(await taskIs('blocked')).toMatchObject({ blocked: { reason: 'The stools are locked away.' } })
    const runs = (await engine.runs.list({ companyId, taskId })).items
    expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
    expect((await engine.verify()).isSound).toBe(true)
  })
})
