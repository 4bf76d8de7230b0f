import { useMemo } from 'react'

import type { CompanyPrice } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import { count } from '../../parts/format.ts'
import { Part } from '../../parts/split.tsx'
import { Empty } from '../../parts/states.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import type { PriceDraft } from './price-form.tsx'
import { RateCells, rateColumns } from './rate-cells.tsx'
import { modelName, rate } from './rates.ts'

interface CardProps {
  onSet(draft: PriceDraft): void
}

/** What the company itself says that models cost it, and from when. */
export function RateCard({ onSet }: CardProps) {
  const { companyId } = useEngine()
  const list = useList('prices.list', { companyId })
  const items = useMemo(() => list.items.toSorted(byModel), [list.items])
  return (
    <Part title="The rate card of the company">
      <ListTable
        label="The rate card of the company"
        list={{ ...list, items }}
        columns={['Model', ...rateColumns, 'From', changeColumn]}
        empty={
          <Empty title="The company has no prices of its own">
            Where your contract has others than the list, or nobody knows a model, set its price: what is used from then on costs that.
          </Empty>
        }
        row={(price) => <Row key={price.id} price={price} onSet={onSet} />}
      />
    </Part>
  )
}

/** By provider and model, and of each what counts last first. */
function byModel(one: CompanyPrice, other: CompanyPrice): number {
  return (
    one.provider.localeCompare(other.provider) ||
    one.model.localeCompare(other.model) ||
    other.effectiveFrom.localeCompare(one.effectiveFrom)
  )
}

function Row({ price, onSet }: CardProps & { price: CompanyPrice }) {
  const { id: priceId, provider, model, effectiveFrom, tiers, version } = price
  const tell = useTell()
  const remove = useCommand('prices.remove', { onFailed: tell.failed, onDone: () => tell.done('The price is taken off') })
  return (
    <tr>
      <td>
        {modelName(model)} <span className="eng-soft">{provider}</span>
        {tiers.map((tier) => (
          <span key={tier.aboveInputTokens} className="eng-soft eng-small eng-block">
            above {count(tier.aboveInputTokens)} tokens: {rate(tier.inputMicros)} in, {rate(tier.outputMicros)} out
          </span>
        ))}
      </td>
      <RateCells rates={price} />
      <td>
        <Time at={effectiveFrom} />
      </td>
      <td>
        <span className="eng-row">
          <Button does="prices.set" onClick={() => onSet({ provider, model, rates: price, changes: price })}>
            Change
          </Button>
          <ConfirmButton
            does="prices.remove"
            act="Remove"
            title={`Remove the price of ${modelName(model)}`}
            isRunning={remove.isRunning}
            onAct={() => remove.run({ priceId, version })}
          >
            <p>The price before it counts from then on, else that of the server or of the list. What was charged stays as it is.</p>
          </ConfirmButton>
        </span>
      </td>
    </tr>
  )
}
