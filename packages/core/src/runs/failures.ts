import type { FailureClass } from '../ports/run-contract.ts'

/** What a class of failures means for the task, for the provider and for the agent. */
export interface FailureRule {
  /** What the class says. */
  readonly means: string
  /**
   * - `cool` the provider lets nobody work: its breaker opens, the task waits for it, no attempt is burned
   * - `retry` the next attempt, after a wait by chance, as long as there are any
   * - `retry_elsewhere` the same, by the agent's next adapter where it has one
   * - `block` another attempt would fail too: the task is blocked
   */
  readonly follows: 'cool' | 'retry' | 'retry_elsewhere' | 'block'
  /** Who can go on with a task that it blocked, at once or when the attempts are used up. */
  readonly owner: 'admin' | 'operator'
  /** Whether the agent itself is set up wrongly, so that it starts nothing more. */
  readonly breaksAgent: boolean
  /** Whether only an answer of the provider can bring it, so that the provider works. */
  readonly isAnswer: boolean
}

const cool = { follows: 'cool', owner: 'operator', breaksAgent: false, isAnswer: false } as const
const retry = { follows: 'retry', owner: 'operator', breaksAgent: false, isAnswer: false } as const
const block = { follows: 'block', owner: 'operator', breaksAgent: false, isAnswer: true } as const

/** What follows from each class of failures. The one table of it; docs/reference/failures.md prints it. */
export const failureRules: Readonly<Record<FailureClass, FailureRule>> = {
  rate_limited: { ...cool, means: 'The provider takes no more calls for now.' },
  quota: { ...cool, means: 'What was paid for is used up.' },
  overloaded: { ...cool, means: 'The provider has too much to do, or cannot be reached.' },
  timeout: { ...retry, means: 'The run took longer than it may.' },
  transient: { ...retry, follows: 'retry_elsewhere', means: 'Something broke that may hold the next time.' },
  unknown: { ...retry, means: 'The adapter cannot say what it was.' },
  auth: { ...block, means: 'The provider does not accept the credentials.', owner: 'admin', breaksAgent: true },
  config: { ...block, means: 'The agent is configured wrongly.', owner: 'admin', breaksAgent: true, isAnswer: false },
  bad_request: { ...block, means: 'The provider, or Engine, does not accept what the run sent.' },
  refused: { ...block, means: 'The model declines the work.' },
}
