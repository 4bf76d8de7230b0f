import type { JsonObject } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useList } from '../../data/use-operation.ts'
import { FieldGroup, LongField, Tick } from '../../parts/form.tsx'

/** Which labels a task bears; nothing where the company has none. */
export function LabelTicks({ chosen }: { chosen: readonly string[] }) {
  const { companyId } = useEngine()
  const { items } = useList('labels.list', { companyId })
  if (items.length === 0) return null
  return (
    <FieldGroup title="With all of these labels">
      <div className="eng-row eng-row-wrap">
        {items.map(({ id, name }) => (
          <Tick key={id} label={name} name="labels" value={id} isTicked={chosen.includes(id)} />
        ))}
      </div>
    </FieldGroup>
  )
}

export function ContextField({ value }: { value?: JsonObject | undefined }) {
  return (
    <LongField
      label="With this in its context, as JSON"
      name="context"
      path="conditions.context"
      rows={2}
      placeholder='{"customer": "acme"}'
      defaultValue={value && JSON.stringify(value, null, 2)}
    />
  )
}
