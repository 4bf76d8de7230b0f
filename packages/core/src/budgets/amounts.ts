import type { BudgetMetric } from './schema.ts'

/** What something uses up, in every unit that a budget may count. */
export interface Amounts {
  readonly costMicros: number
  readonly tokens: number
  readonly runs: number
  readonly wallMs: number
}

export const nothing: Amounts = { costMicros: 0, tokens: 0, runs: 0, wallMs: 0 }

/** Whose budgets something counts in; the company's always. */
export interface Spender {
  readonly companyId: string
  readonly agentId: string | null
  readonly projectId: string | null
  readonly taskId: string | null
}

/** Something that was spent. `at` is when it was let begin: the period of that time pays for it, whenever the bill comes. */
export interface Charge extends Spender {
  readonly amounts: Amounts
  readonly at: Date
}

/** What of some amounts a budget counts. Pure. */
export function amountOf(metric: BudgetMetric, amounts: Amounts): number {
  switch (metric) {
    case 'micros':
      return amounts.costMicros
    case 'tokens':
      return amounts.tokens
    case 'runs':
      return amounts.runs
    case 'wallMs':
      return amounts.wallMs
  }
}
