import type { Budget } from '@engine/core/contract'

import { Bar } from '../../parts/bar.tsx'
import { Time } from '../../parts/time.tsx'
import { amount, countedFrom, sharesOf } from './amounts.ts'

const tones = { ok: 'good', warned: 'warn', exhausted: 'bad' } as const

/** Spent, held and free of one limit, as a bar and in words. */
export function BudgetBar({ budget, isBare = false }: { budget: Budget; isBare?: boolean }) {
  const { metric, spent, held, free, limit, status } = budget
  const shares = sharesOf(budget)
  return (
    <span className="eng-stack eng-stack-tight eng-block">
      <Bar
        shares={[
          [shares.spent, tones[status]],
          [shares.held, 'held'],
        ]}
      />
      {isBare ? (
        <span className="eng-soft eng-small">
          {amount(metric, spent)} of {amount(metric, limit)}
        </span>
      ) : (
        <span>
          {amount(metric, spent)} spent, {amount(metric, held)} held, {amount(metric, free)} free of {amount(metric, limit)}
          {countedFrom(budget) !== budget.period.startsAt && (
            <>
              , counted since <Time at={budget.createdAt} />
            </>
          )}
        </span>
      )}
    </span>
  )
}
