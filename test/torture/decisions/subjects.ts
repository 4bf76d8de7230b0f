// What people decide about in a round, and what each of them would have.
import { randomUUID } from 'node:crypto'

import type { Actor, Api, Engine, Role } from '@engine/core'
import type { Random } from '@engine/testing'

import { foundCompany, holdNewTask, type Company } from '../support/company.ts'
import type { DecisionCall } from '../support/decision.ts'

/** Something that is decided once. */
export interface Subject {
  readonly kind: 'hire' | 'budget' | 'strategy' | 'custom' | 'draft' | 'deliverable'
  /** Of the approval or the deliverable. */
  readonly id: string
  readonly companyId: string
  /** The agent, the budget or the task on which the decision has its effect. */
  readonly affected: string
}

/** Calls about one subject that are made at the same moment, of each process its own. */
export interface Race {
  readonly subject: Subject
  readonly calls: readonly (readonly DecisionCall[])[]
}

export interface Stand {
  readonly engine: Engine
  readonly random: Random
  readonly company: Company
  /** How many processes take part. */
  readonly processes: number
}

type Approval = Awaited<ReturnType<Api['approvals']['get']>>
type Wish = Pick<DecisionCall, 'operation' | 'input' | 'refusedWith'> & { readonly by?: Actor }

/** The races of a round, in some order; a race about a draft is followed by one about what was resubmitted. */
export function racesOf(stand: Stand): (() => Promise<Race>)[] {
  const kinds = stand.random.shuffle([hire, hire, hire, budget, budget, strategy, custom, deliverable, deliverable])
  return [...kinds.map((begin) => () => begin(stand)), ...draft(stand)]
}

export async function openOffice(engine: Engine): Promise<Company> {
  const company = await foundCompany(engine, { agents: 1, isExecuted: true })
  await listen(engine, company.companyId)
  return company
}

async function listen(engine: Engine, companyId: string): Promise<void> {
  await engine.routes.create({ companyId, name: 'All', events: ['*'], destinationType: 'scripted' })
}

async function hire(stand: Stand): Promise<Race> {
  const { engine, company } = stand
  const payload = { name: `Newcomer ${randomUUID()}`, role: 'worker', adapterType: 'scripted' }
  const approval = await engine.approvals.request({ companyId: company.companyId, type: 'hire_agent', payload })
  const refused: Wish = { ...approve(approval), by: person(stand, company.companyId, 'reviewer'), refusedWith: ['forbidden'] }
  return raceAbout(stand, { kind: 'hire', approval, affected: approval.agentId ?? '', terms: { createKey: true }, odd: [refused] })
}

async function budget(stand: Stand): Promise<Race> {
  const { engine, company } = stand
  const { companyId } = company
  const spender = await engine.agents.create({ companyId, name: `Spender ${randomUUID()}`, role: 'worker', adapterType: 'scripted' })
  const { id } = await engine.budgets.set({ companyId, scope: 'agent', scopeId: spender.id, metric: 'tokens', limit: 0 })
  const [approval] = (await engine.approvals.list({ companyId, status: 'pending', type: 'budget_override' })).items.filter(
    ({ subject }) => subject === id,
  )
  if (!approval) throw new Error('a budget of nothing asked for nothing')
  return raceAbout(stand, { kind: 'budget', approval, affected: id, terms: { limit: raisedLimit }, odd: [] })
}

/** What approvals raise budgets to. */
export const raisedLimit = 7

/** A strategy is about a whole company, so each has one of its own. */
async function strategy(stand: Stand): Promise<Race> {
  const { engine } = stand
  const { companyId } = await openOffice(engine)
  await engine.companies.update({ companyId, requiresStrategyApproval: true })
  const approval = await engine.approvals.request({ companyId, type: 'strategy', payload: { summary: 'Grow' } })
  return raceAbout(stand, { kind: 'strategy', approval, affected: companyId, terms: {}, odd: [] })
}

/** What a task waits for. */
async function custom(stand: Stand): Promise<Race> {
  const { engine, company } = stand
  const held = await holdNewTask(engine, company)
  const run = engine.as(held.actor)
  const approval = await run.approvals.request({
    companyId: company.companyId,
    type: 'custom',
    subject: held.taskId,
    payload: { amount: 1 },
  })
  await run.runs.report({ runId: held.runId, outcome: { kind: 'blocked', reason: 'waits', owner: approval.id } })
  return raceAbout(stand, { kind: 'custom', approval, affected: held.taskId, terms: {}, odd: [] })
}

/** What was sent back and comes again with another payload, while others still approve what they were shown; then it is decided about. */
function draft(stand: Stand): [() => Promise<Race>, () => Promise<Race>] {
  const { engine, company } = stand
  const { companyId } = company
  let shown: Approval | null = null
  return [
    async () => {
      const asked = await engine.approvals.request({ companyId, type: 'custom', subject: randomUUID(), payload: { amount: 1 } })
      shown = asked
      const { id: approvalId } = asked
      await engine.approvals.requestRevision({ approvalId, note: 'Less' })
      const resubmit: Wish = { operation: 'approvals.resubmit', input: { approvalId, payload: { amount: 1_000 } } }
      const wishes = Array.from({ length: stand.processes }, () => [resubmit, approveUnseen(asked), approveUnseen(asked)])
      return { subject: { kind: 'draft', id: approvalId, companyId, affected: approvalId }, calls: spread(stand, companyId, wishes) }
    },
    async () => {
      if (!shown) throw new Error('the draft was never shown')
      const approval = await engine.approvals.get({ approvalId: shown.id })
      return raceAbout(stand, { kind: 'draft', approval, affected: approval.id, terms: {}, odd: [approveUnseen(shown)] })
    },
  ]
}

/** Approves a payload that is no longer the one. */
function approveUnseen(shown: Approval): Wish {
  return { ...approve(shown), refusedWith: ['payload_changed', 'illegal_transition'] }
}

async function deliverable(stand: Stand): Promise<Race> {
  const { engine, company } = stand
  const { companyId } = company
  const held = await holdNewTask(engine, company)
  const { id: deliverableId } = await engine.as(held.actor).deliverables.submit({ taskId: held.taskId, title: 'Report', content: 'text' })
  const review = (input: object, more: Partial<Wish> = {}): Wish => ({
    operation: 'deliverables.review',
    input: { deliverableId, ...input },
    ...more,
  })
  const decisions = [
    review({ decision: 'approved' }),
    review({ decision: 'revision_requested', feedback: 'More' }),
    review({ decision: 'rejected', onReject: 'cancel' }),
    review({ decision: 'rejected' }),
  ]
  const odd = [
    review({ decision: 'approved', reviewer: forged }, { refusedWith: ['invalid_input'] }),
    review({ decision: 'approved' }, { by: held.actor, refusedWith: ['forbidden', 'lease_lost'] }),
  ]
  return {
    subject: { kind: 'deliverable', id: deliverableId, companyId, affected: held.taskId },
    calls: ofEach(stand, companyId, { decisions, odd }),
  }
}

interface About {
  readonly kind: Subject['kind']
  readonly approval: Approval
  readonly affected: string
  readonly terms: object
  readonly odd: readonly Wish[]
}

function raceAbout(stand: Stand, { kind, approval, affected, terms, odd }: About): Race {
  const { id: approvalId, companyId } = approval
  const say = (verb: string, input: object = {}): Wish => ({ operation: `approvals.${verb}`, input: { approvalId, ...input } })
  const agent: Actor = { kind: 'agent', id: stand.company.agents[0] ?? '', companyId: stand.company.companyId }
  const wrong: Wish[] = [
    { ...approve(approval), input: { ...approve(approval).input, decidedBy: forged }, refusedWith: ['invalid_input'] },
    { ...approve({ ...approval, payloadHash: '0'.repeat(64) }), refusedWith: ['payload_changed', 'illegal_transition'] },
    // Of another company's approval an agent is not told that there is one.
    { ...approve(approval), by: agent, refusedWith: [companyId === stand.company.companyId ? 'forbidden' : 'not_found'] },
  ]
  const decisions = [approve(approval, terms), approve(approval, terms), say('reject', { note: 'No' }), say('cancel')]
  return { subject: { kind, id: approvalId, companyId, affected }, calls: ofEach(stand, companyId, { decisions, odd: [...wrong, ...odd] }) }
}

const forged = { kind: 'user', id: 'somebody else' }

function approve({ id: approvalId, payloadHash }: Approval, terms: object = {}): Wish {
  return { operation: 'approvals.approve', input: { approvalId, payloadHash, ...terms } }
}

/** Each process has three people who decide, and one call that may never be heard. */
function ofEach(stand: Stand, companyId: string, { decisions, odd }: { decisions: readonly Wish[]; odd: readonly Wish[] }) {
  const { random, processes } = stand
  const wishes = Array.from({ length: processes }, () =>
    random.shuffle([...Array.from({ length: 3 }, () => random.pick(decisions)), random.pick(odd)]),
  )
  return spread(stand, companyId, wishes)
}

/** Everybody has a key of their own; the first call of the first process is made through the second one too, by the same person. */
function spread(stand: Stand, companyId: string, wishes: readonly (readonly Wish[])[]): DecisionCall[][] {
  const calls = wishes.map((ofProcess) =>
    ofProcess.map(({ by, ...wish }): DecisionCall => ({ ...wish, actor: by ?? person(stand, companyId, 'admin'), key: randomUUID() })),
  )
  const twice = calls[0]?.[0]
  return calls.map((ofProcess, index) => (index === 1 && twice ? [...ofProcess, twice] : ofProcess))
}

function person({ random }: Stand, companyId: string, role: Role): Actor {
  return { kind: 'user', id: `${role} ${random.int(1_000_000)}`, roles: { [companyId]: role } }
}
