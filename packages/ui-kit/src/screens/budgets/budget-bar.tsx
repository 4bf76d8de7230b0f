import type { Budget } from '@engine/core/contract'

import { amount, sharesOf } from './amounts.ts'

const tones = { ok: 'good', warned: 'warn', exhausted: 'bad' } as const

const wide = (percent: number) => (element: HTMLElement | null) => element?.style.setProperty('inline-size', `${percent}%`)

/** Spent, held and free of one limit, as a bar and in words. */
export function BudgetBar({ budget, isBare = false }: { budget: Budget; isBare?: boolean }) {
  const { metric, spent, held, free, limit, status } = budget
  const shares = sharesOf(budget)
  return (
    <span className="eng-stack eng-stack-tight eng-block">
      <span className="eng-bar" aria-hidden>
        <span className="eng-bar-part" data-tone={tones[status]} ref={wide(shares.spent)} />
        <span className="eng-bar-part" data-tone="held" ref={wide(shares.held)} />
      </span>
      {isBare ? (
        <span className="eng-soft eng-small">
          {amount(metric, spent)} of {amount(metric, limit)}
        </span>
      ) : (
        <span>
          {amount(metric, spent)} spent, {amount(metric, held)} held, {amount(metric, free)} free of {amount(metric, limit)}
        </span>
      )}
    </span>
  )
}
