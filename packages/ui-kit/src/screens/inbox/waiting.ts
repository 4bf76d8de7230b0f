import type { Approval, BudgetIncident, Deliverable, Interaction } from '@engine/core/contract'

export type WaitingReview = Omit<Deliverable, 'content' | 'review'>

/** One thing that waits for a person. */
export type Waiting =
  | { readonly kind: 'review'; readonly id: string; readonly at: string; readonly of: WaitingReview }
  | { readonly kind: 'approval'; readonly id: string; readonly at: string; readonly of: Approval }
  | { readonly kind: 'question'; readonly id: string; readonly at: string; readonly of: Interaction }
  | { readonly kind: 'incident'; readonly id: string; readonly at: string; readonly of: BudgetIncident }

interface Everything {
  readonly reviews: readonly WaitingReview[]
  readonly approvals: readonly Approval[]
  readonly questions: readonly Interaction[]
  readonly incidents: readonly BudgetIncident[]
}

/** All that waits, what stops work first, then what waits longest. A limit that has an approval is decided by it. Pure. */
export function waitingFor({ reviews, approvals, questions, incidents }: Everything): readonly Waiting[] {
  const asked = new Set(approvals.map(({ id }) => id))
  const all: Waiting[] = [
    ...incidents
      .filter(({ approvalId }) => approvalId === null || !asked.has(approvalId))
      .map((of) => ({ kind: 'incident' as const, id: of.id, at: of.createdAt, of })),
    ...approvals.map((of) => ({ kind: 'approval' as const, id: of.id, at: of.createdAt, of })),
    ...questions.map((of) => ({ kind: 'question' as const, id: of.id, at: of.createdAt, of })),
    ...reviews.map((of) => ({ kind: 'review' as const, id: of.id, at: of.createdAt, of })),
  ]
  return all.toSorted((one, other) => urgency(one) - urgency(other) || one.at.localeCompare(other.at))
}

/** Work stands still for a limit and for a question that a run waits with. */
function urgency(waiting: Waiting): number {
  if (waiting.kind === 'incident') return 0
  if (waiting.kind === 'approval') return waiting.of.type === 'budget_override' ? 0 : 1
  return waiting.kind === 'question' && waiting.of.waits ? 0 : 1
}

/** Pure. */
export function titleOf(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'review':
      return waiting.of.title
    case 'approval':
      return approvalTitle(waiting.of)
    case 'question':
      return waiting.of.ask.prompt
    case 'incident':
      return 'A limit was reached, and work stopped'
  }
}

/** Pure. */
export function approvalTitle({ type, payload, subject }: Approval): string {
  const name = [payload['name'], payload['title']].find((each) => typeof each === 'string') ?? subject
  switch (type) {
    case 'hire_agent':
      return `Hire ${name}`
    case 'strategy':
      return 'Approve the strategy'
    case 'budget_override':
      return 'Raise a budget that is used up'
    case 'plugin_install':
      return `Install ${name}`
    case 'custom':
      return subject
  }
}
