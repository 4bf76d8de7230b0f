import { useMemo } from 'react'

import { EngineError } from '@engine/client'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { waitingFor, type Waiting } from './waiting.ts'

interface Inbox {
  readonly items: readonly Waiting[]
  /** Whether all was read that the role may see: only then that there are no items says that nothing waits. */
  readonly isRead: boolean
  readonly isLoading: boolean
  readonly error: Error | null
  retry(): void
}

/** Everything in the company that waits for a person, kept current. */
export function useInbox(): Inbox {
  const { companyId } = useEngine()
  const reviews = useList('deliverables.list', { companyId, status: 'pending' })
  const approvals = useList('approvals.list', { companyId, status: 'pending' })
  const questions = useList('interactions.list', { companyId, status: 'pending', answerable: true })
  const incidents = useList('budgets.incidents', { companyId, status: 'open' })
  const lists = [reviews, approvals, questions, incidents]
  const items = useMemo(
    () => waitingFor({ reviews: reviews.items, approvals: approvals.items, questions: questions.items, incidents: incidents.items }),
    [reviews.items, approvals.items, questions.items, incidents.items],
  )
  return {
    items,
    isRead: lists.every(({ isRead, error }) => isRead || isDenied(error)),
    isLoading: lists.some(({ isLoading }) => isLoading),
    // A role that may not see one of them still sees the others.
    error: lists.every(({ error }) => error) ? reviews.error : null,
    retry: () => lists.forEach(({ retry }) => retry()),
  }
}

function isDenied(error: Error | null): boolean {
  return EngineError.isInstance(error) && error.kind === 'denied'
}
