import { randomUUID } from 'node:crypto'

import type { Engine } from '@engine/core'

import { budgetInputsOfRun } from './budgets.ts'
import { fileContent, newAttachment, newDeliverable, type InputOfRun } from './call.ts'
import { askAside, confirmation } from './interactions.ts'

/** What a run may call, with the input by which it does so for itself. */
export const inputsOfRun: Readonly<Record<string, InputOfRun>> = {
  'tasks.checkout': ({ taskId }) => ({ taskId }),
  'tasks.create': ({ taskId, actor }) => ({ companyId: actor.companyId, title: 'Child', parentId: taskId }),
  'tasks.createMany': ({ actor }) => ({ companyId: actor.companyId, tasks: [{ title: 'Child' }] }),
  'tasks.progress': ({ taskId }) => ({ taskId, percent: 40, message: 'almost half' }),
  'tasks.complete': ({ taskId }) => ({ taskId }),
  'tasks.block': ({ taskId }) => ({ taskId, reason: 'waiting' }),
  'tasks.release': ({ taskId }) => ({ taskId }),
  'runs.handBack': ({ runId }) => ({ runId, reason: 'stopping' }),
  'runs.heartbeat': ({ runId }) => ({ runId }),
  'runs.report': ({ runId }) => ({ runId, outcome: { kind: 'done' } }),
  'runs.appendLog': ({ runId }) => ({ runId, entries: [{ stream: 'stdout', text: 'a line' }] }),
  'runs.recordUsage': ({ runId }) => ({ runId, usages: [{ sequence: 1, provider: 'a', model: 'm', inputTokens: 7, costMicros: 5 }] }),
  'costs.report': ({ actor }) => ({ companyId: actor.companyId, sourceEventId: randomUUID(), provider: 'a', costMicros: 5 }),
  'costs.reportMany': ({ actor }) => ({
    companyId: actor.companyId,
    costs: [{ sourceEventId: randomUUID(), provider: 'a', costMicros: 5 }],
  }),
  'comments.create': ({ taskId }) => ({ taskId, body: 'a remark' }),
  'deliverables.submit': ({ taskId }) => ({ taskId, title: 'Result', content: 'text' }),
  'tasks.next': () => ({}),
  'comments.createOnDeliverable': async ({ actor }, engine) => ({
    deliverableId: await newDeliverable(engine, actor.companyId),
    body: 'a remark',
  }),
  'documents.put': ({ taskId }) => ({ taskId, key: 'plan', title: 'Plan', body: 'First this, then that.' }),
  'documents.delete': async ({ taskId }, engine) => ({
    documentId: (await engine.documents.put({ taskId, key: 'draft', title: 'Draft', body: 'First this.' })).id,
  }),
  'attachments.upload': ({ taskId }) => ({ taskId, name: 'notes.txt', contentType: 'text/plain', content: fileContent }),
  'attachments.delete': async ({ taskId }, engine) => ({ attachmentId: await newAttachment(engine, taskId) }),
  'approvals.request': ({ actor }) => ({ companyId: actor.companyId, type: 'custom', subject: 'release', payload: { to: 'all' } }),
  'approvals.resubmit': async ({ actor }, engine) => ({ approvalId: await newApproval(engine, actor.companyId), payload: {} }),
  'interactions.ask': ({ taskId }) => ({ taskId, ask: confirmation, waits: true }),
  'interactions.cancel': async (held, engine) => ({ interactionId: held.interactionId ?? (await askAside(engine, held)) }),
  ...budgetInputsOfRun,
  'approvals.cancel': async ({ actor }, engine) => ({ approvalId: await newApproval(engine, actor.companyId) }),
}

/** A request about a subject of its own. */
async function newApproval(engine: Engine, companyId: string): Promise<string> {
  return (await engine.approvals.request({ companyId, type: 'custom', subject: randomUUID(), payload: {} })).id
}
