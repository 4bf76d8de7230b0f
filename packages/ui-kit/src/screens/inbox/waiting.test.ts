import { describe, expect, it } from 'vitest'

import type { Approval, BudgetIncident, Interaction } from '@engine/core/contract'

import { approvalTitle, waitingFor } from './waiting.ts'

const approval = (given: Partial<Approval>): Approval => ({
  id: 'a',
  companyId: 'c',
  type: 'custom',
  subject: 'Deploy on Friday',
  status: 'pending',
  payload: {},
  isPayloadComplete: true,
  payloadHash: '',
  reason: null,
  taskId: null,
  agentId: null,
  requestedBy: { kind: 'agent', id: 'x', runId: null },
  decidedBy: null,
  decisionNote: null,
  decidedAt: null,
  version: 1,
  createdAt: '2026-01-02T00:00:00.000Z',
  updatedAt: '2026-01-02T00:00:00.000Z',
  ...given,
})

const question = (given: Partial<Interaction>): Interaction => ({
  id: 'q',
  companyId: 'c',
  taskId: 't',
  kind: 'confirmation',
  ask: { kind: 'confirmation', prompt: 'Go on?' },
  status: 'pending',
  answerer: 'anyone',
  waits: false,
  askedBy: { kind: 'agent', id: 'x', runId: null },
  answer: null,
  answeredBy: null,
  answeredInPlaceOf: null,
  answeredAt: null,
  expiresAt: null,
  version: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...given,
})

const incident = (approvalId: string | null): BudgetIncident => ({
  id: 'i',
  companyId: 'c',
  budgetId: 'b',
  periodStartsAt: '2026-01-01T00:00:00.000Z',
  status: 'open',
  resolution: null,
  limit: 1,
  spent: 1,
  held: 0,
  approvalId,
  resolvedBy: null,
  resolvedAt: null,
  version: 1,
  createdAt: '2026-01-03T00:00:00.000Z',
  updatedAt: '2026-01-03T00:00:00.000Z',
})

const nothing = { reviews: [], approvals: [], questions: [], incidents: [] }

describe('what waits for a person', () => {
  it('begins with what stops work, then what waits longest', () => {
    const kinds = waitingFor({
      ...nothing,
      approvals: [approval({})],
      questions: [question({}), question({ id: 'w', waits: true, createdAt: '2026-01-09T00:00:00.000Z' })],
    })
    expect(kinds.map(({ id }) => id)).toEqual(['w', 'q', 'a'])
  })

  it('shows a limit once: as the approval that raises it, where there is one', () => {
    expect(
      waitingFor({ ...nothing, incidents: [incident('a')], approvals: [approval({ type: 'budget_override' })] }).map(({ kind }) => kind),
    ).toEqual(['approval'])
    expect(waitingFor({ ...nothing, incidents: [incident(null)] }).map(({ kind }) => kind)).toEqual(['incident'])
  })

  it('names what is asked for', () => {
    expect(approvalTitle(approval({ type: 'hire_agent', payload: { name: 'Ada' } }))).toBe('Hire Ada')
    expect(approvalTitle(approval({ type: 'plugin_install', subject: '01a2', payload: { plugin: 'asking', title: 'Asking' } }))).toBe(
      'Install Asking',
    )
    expect(approvalTitle(approval({}))).toBe('Deploy on Friday')
  })
})
