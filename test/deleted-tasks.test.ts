import { describe, expect, it, onTestFinished } from 'vitest'

import { systemActor } from '@engine/core'
import { memoryBlobs } from '@engine/testing'

import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('with its task, on %s,', (storage) => {
  /** A task with something of everything, twice: one of them is deleted. */
  async function open() {
    const world = await createWorld({ agentMode: 'manual', storage: await newStorage(storage), blobs: memoryBlobs() })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, agentId } = world
    async function furnish(title: string) {
      const { id: taskId } = await engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
      const comment = await engine.comments.create({ taskId, body: `Walrus, @Ada`, mentions: [agentId] })
      const document = await engine.documents.put({ taskId, key: 'plan', title: 'Walrus', body: 'one' })
      const attachment = await engine.attachments.upload({ taskId, name: 'a.bin', content: new Uint8Array([1, 2, 3]) })
      const { credential, run } = await engine.tasks.checkout({ taskId })
      const actor = await engine.authenticate(credential ?? '')
      if (!actor) throw new Error('the engine does not know the credential that it gave')
      const deliverable = await engine.as(actor).deliverables.submit({ taskId, title: 'Walrus', content: 'text' })
      await engine.as(actor).runs.report({ runId: run.id, outcome: { kind: 'needs_review' } })
      await engine.comments.createOnDeliverable({ deliverableId: deliverable.id, body: 'Walrus indeed' })
      const interaction = await engine.interactions.ask({ taskId, ask: { kind: 'question', prompt: 'Which walrus?' } })
      const approval = await engine.approvals.request({ companyId, type: 'custom', subject: title, payload: {}, taskId })
      return { taskId, runId: run.id, comment, document, attachment, deliverable, interaction, approval }
    }
    return { ...world, gone: await furnish('Gone'), kept: await furnish('Kept') }
  }
  type Furnished = Awaited<ReturnType<typeof open>>['gone']

  it('all that is part of it is gone by its id, and nothing of another task is', async () => {
    const { engine, gone, kept } = await open()
    await engine.tasks.delete({ taskId: gone.taskId })
    const calls: Record<string, (of: Furnished) => Promise<unknown>> = {
      'tasks.get': ({ taskId }) => engine.tasks.get({ taskId }),
      'tasks.context': ({ taskId }) => engine.tasks.context({ taskId }),
      'comments.list': ({ taskId }) => engine.comments.list({ taskId }),
      'comments.create': ({ taskId, comment }) => engine.comments.create({ taskId, parentId: comment.id, body: 'x' }),
      'documents.list': ({ taskId }) => engine.documents.list({ taskId }),
      'documents.get': ({ taskId }) => engine.documents.get({ taskId, key: 'plan' }),
      'documents.revisions': ({ taskId }) => engine.documents.revisions({ taskId, key: 'plan' }),
      'documents.put': ({ taskId }) => engine.documents.put({ taskId, key: 'other', title: 'x', body: 'x' }),
      'attachments.list': ({ taskId }) => engine.attachments.list({ taskId }),
      'attachments.get': ({ attachment }) => engine.attachments.get({ attachmentId: attachment.id }),
      'attachments.content': ({ attachment }) => engine.attachments.content({ attachmentId: attachment.id }),
      'deliverables.get': ({ deliverable }) => engine.deliverables.get({ deliverableId: deliverable.id }),
      'comments.listOnDeliverable': ({ deliverable }) => engine.comments.listOnDeliverable({ deliverableId: deliverable.id }),
      'comments.createOnDeliverable': ({ deliverable }) =>
        engine.comments.createOnDeliverable({ deliverableId: deliverable.id, body: 'x' }),
      'deliverables.review': ({ deliverable }) => engine.deliverables.review({ deliverableId: deliverable.id, decision: 'approved' }),
      'events.task': ({ taskId }) => engine.events.task({ taskId }),
      'events.deliverable': ({ deliverable }) => engine.events.deliverable({ deliverableId: deliverable.id }),
      'interactions.get': ({ interaction }) => engine.interactions.get({ interactionId: interaction.id }),
      'attachments.delete': ({ attachment }) => engine.attachments.delete({ attachmentId: attachment.id }),
      'documents.delete': ({ document }) => engine.documents.delete({ documentId: document.id }),
    }
    for (const [name, call] of Object.entries(calls)) {
      expect((await errorOf(call(gone))).code, name).toBe('not_found')
      await call(kept)
    }
  })

  it('it is no longer in any list or search', async () => {
    const { engine, companyId, agentId, gone, kept } = await open()
    await engine.tasks.delete({ taskId: gone.taskId })
    const ids = (items: readonly { id: string }[]) => items.map((item) => item.id)
    expect(ids((await engine.deliverables.list({ companyId })).items)).toEqual([kept.deliverable.id])
    expect(ids((await engine.deliverables.list({ companyId, taskId: gone.taskId })).items)).toEqual([])
    expect(ids((await engine.interactions.list({ companyId })).items)).toEqual([kept.interaction.id])
    expect(ids((await engine.comments.mentions({ agentId })).items)).toEqual([kept.comment.id])
    const found = (await engine.search.find({ companyId, query: 'walrus' })).items
    expect(new Set(found.map((item) => item.taskId))).toEqual(new Set([kept.taskId]))
    expect(found).toHaveLength(4)
  })

  it('what the company keeps of it stays: its log, its runs, and requests, which can be decided', async () => {
    const { engine, companyId, gone } = await open()
    await engine.tasks.delete({ taskId: gone.taskId })
    const about = async (entityType: string, entityId: string) =>
      (await engine.events.entity({ companyId, entityType, entityId })).items.map((event) => event.type)
    expect((await about('task', gone.taskId))[0]).toBe('task.deleted')
    expect(await about('comment', gone.comment.id)).toEqual(['comment.created'])
    expect(await about('document', gone.document.id)).toEqual(['document.revised'])
    expect(await about('deliverable', gone.deliverable.id)).toEqual(['deliverable.superseded', 'deliverable.submitted'])
    expect(await engine.runs.get({ runId: gone.runId })).toMatchObject({ taskId: gone.taskId, status: 'succeeded' })
    const { id: approvalId, payloadHash } = gone.approval
    expect(await engine.approvals.get({ approvalId })).toMatchObject({ status: 'pending', taskId: gone.taskId })
    expect(await engine.approvals.approve({ approvalId, payloadHash })).toMatchObject({ status: 'approved' })
    expect((await engine.verify()).isSound).toBe(true)
  })

  it('what its runs cost counts where it did before, however late the bill comes', async () => {
    const { engine, companyId, agentId } = await open()
    const { id: projectId } = await engine.projects.create({ companyId, name: 'Zoo' })
    const { id: goalId } = await engine.goals.create({ companyId, title: 'More animals' })
    const budget = await engine.budgets.set({ companyId, scope: 'project', scopeId: projectId, limit: 1_000 })
    const { id: taskId } = await engine.tasks.create({ companyId, title: 'Feed them', assigneeAgentId: agentId, projectId })
    const { run } = await engine.tasks.checkout({ taskId })
    await engine.tasks.cancel({ taskId })
    await engine.tasks.delete({ taskId })
    const bill = { companyId, runId: run.id, sourceEventId: 'late', provider: 'somebody', costMicros: 40 }
    expect(await engine.costs.report(bill)).toMatchObject({ taskId, projectId, goalId, agentId })
    const usages = [{ sequence: 1, provider: 'somebody', costMicros: 2 }]
    const late = { runId: run.id, fence: run.fence, usages }
    await engine.execute('runs.recordLateUsage', { input: late, actor: systemActor })
    expect(await engine.budgets.get({ budgetId: budget.id })).toMatchObject({ spent: 42, held: 0 })
    expect((await engine.verify()).isSound).toBe(true)
  })
})
