// What a ledger should say, in a few lines of its own: nothing here is asked of the engine.
export const scopes = ['company', 'project', 'agent', 'task'] as const
export const windows = ['month_utc', 'day', 'lifetime'] as const

export type Scope = (typeof scopes)[number]
type Window = (typeof windows)[number]

export interface ModelBudget {
  readonly id: string
  readonly scope: Scope
  readonly scopeId: string
  readonly window: Window
  readonly isHard: boolean
  limit: number
  readonly spent: Map<string, number>
  readonly held: Map<string, number>
}

export interface ModelHold {
  readonly id: string
  readonly amount: number
  readonly atMs: number
}

/** When the period began in which a moment is. */
function startOf(window: Window, atMs: number): string {
  const time = new Date(atMs).toISOString()
  if (window === 'lifetime') return '1970-01-01T00:00:00.000Z'
  return window === 'day' ? `${time.slice(0, 10)}T00:00:00.000Z` : `${time.slice(0, 7)}-01T00:00:00.000Z`
}

export class LedgerModel {
  readonly budgets: readonly ModelBudget[]
  readonly open: ModelHold[] = []
  nowMs: number

  constructor(budgets: readonly ModelBudget[], nowMs: number) {
    this.budgets = budgets
    this.nowMs = nowMs
  }

  private amountOf(of: 'spent' | 'held', budget: ModelBudget): number {
    return budget[of].get(startOf(budget.window, this.nowMs)) ?? 0
  }

  standing(budget: ModelBudget): { spent: number; held: number } {
    return { spent: this.amountOf('spent', budget), held: this.amountOf('held', budget) }
  }

  /** Whether a call of so much would be let begin. */
  fits(amount: number): boolean {
    return this.budgets.every((budget) => {
      const { spent, held } = this.standing(budget)
      return !budget.isHard || amount <= Math.max(0, budget.limit - spent - held)
    })
  }

  /** Whether a hard limit of the present is used up: then nothing goes on. */
  get isStopped(): boolean {
    return this.budgets.some((budget) => budget.isHard && this.standing(budget).spent >= budget.limit)
  }

  spend(amount: number, atMs: number): void {
    for (const { window, spent } of this.budgets) add(spent, startOf(window, atMs), amount)
  }

  hold(id: string, amount: number): void {
    this.open.push({ id, amount, atMs: this.nowMs })
    this.change(amount, this.nowMs)
  }

  /** Takes a hold away, and gives back what was held for it. */
  take(hold: ModelHold): void {
    this.open.splice(this.open.indexOf(hold), 1)
    this.change(-hold.amount, hold.atMs)
  }

  /** Nothing is held for what was stopped. */
  takeAll(): void {
    for (const hold of this.open.slice()) this.take(hold)
  }

  private change(amount: number, atMs: number): void {
    for (const { window, held, isHard } of this.budgets) if (isHard) add(held, startOf(window, atMs), amount)
  }
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount)
}
