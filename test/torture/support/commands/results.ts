import type { Engine } from '@engine/core'

import { newDeliverable, type Prepare } from './call.ts'

/** What comes of work, and what people decide about. */
export const resultInputs: Readonly<Record<string, Prepare>> = {
  'deliverables.review': async ({ engine, companyId }) => ({
    deliverableId: await newDeliverable(engine, companyId),
    decision: 'approved',
  }),
  'approvals.request': async ({ companyId }) => ({ companyId, type: 'hire_agent', payload: newcomer }),
  'approvals.approve': async ({ engine, companyId }) => {
    const { id, payloadHash } = await engine.approvals.request({ companyId, type: 'hire_agent', payload: newcomer })
    return { approvalId: id, payloadHash, createKey: true }
  },
  'approvals.reject': async ({ engine, companyId }) => ({ approvalId: await newHire(engine, companyId), note: 'No' }),
  'approvals.requestRevision': async ({ engine, companyId }) => ({ approvalId: await newHire(engine, companyId), note: 'Another role' }),
  'approvals.resubmit': async ({ engine, companyId }) => {
    const approvalId = await newHire(engine, companyId)
    await engine.approvals.requestRevision({ approvalId, note: 'Another role' })
    return { approvalId, payload: { ...newcomer, role: 'writer' } }
  },
  'approvals.cancel': async ({ engine, companyId }) => ({ approvalId: await newHire(engine, companyId) }),
}

const newcomer = { name: 'Newcomer', role: 'worker', adapterType: 'scripted' }

async function newHire(engine: Engine, companyId: string): Promise<string> {
  return (await engine.approvals.request({ companyId, type: 'hire_agent', payload: newcomer })).id
}
