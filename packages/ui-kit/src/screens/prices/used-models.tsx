import type { ItemOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Part } from '../../parts/split.tsx'
import { Empty, FailureNotice } from '../../parts/states.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import type { PriceDraft } from './price-form.tsx'
import { RateCells, rateColumns } from './rate-cells.tsx'
import { sourceOf } from './rates.ts'

interface Named {
  readonly provider: string
  readonly model: string
}

interface UsedProps {
  onSet(draft: PriceDraft): void
}

/** The models that costs were reported of, each with the price that counts now and whose it is. */
export function UsedModels({ onSet }: UsedProps) {
  const { companyId } = useEngine()
  const list = useList('costs.byModel', { companyId })
  const items = list.items.flatMap((spent): (ItemOf<'costs.byModel'> & Named)[] =>
    spent.model === null ? [] : [{ ...spent, model: spent.model }],
  )
  return (
    <Part title="Models that were used">
      <ListTable
        label="Models that were used"
        list={{ ...list, items }}
        columns={['Model', ...rateColumns, 'Said by', changeColumn]}
        empty={<Empty title="No model was used yet">What agents call comes here by itself. A price can be set before.</Empty>}
        row={(used) => <Row key={`${used.provider} ${used.model}`} of={used} onSet={onSet} />}
      />
    </Part>
  )
}

function Row({ of: { provider, model }, onSet }: UsedProps & { of: Named }) {
  const { companyId } = useEngine()
  const { data, error, retry } = useOperation('prices.find', { companyId, provider, model })
  const price = data?.price ?? null
  return (
    <tr>
      <td>
        {model} <span className="eng-soft">{provider}</span>
      </td>
      <RateCells rates={price} />
      <td>
        {error ? (
          <FailureNotice error={error} onRetry={retry} />
        ) : data?.source === null ? (
          <span className="eng-bad">nobody</span>
        ) : (
          <span className="eng-soft">{data ? sourceOf(data.source) : '…'}</span>
        )}
      </td>
      <td>
        <Button does="prices.set" disabled={!data} onClick={() => onSet({ provider, model, ...(price && { rates: price }) })}>
          Set
        </Button>
      </td>
    </tr>
  )
}
