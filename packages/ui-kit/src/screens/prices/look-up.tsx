import { useState } from 'react'

import { useEngine } from '../../data/provider.tsx'
import { useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Form, TextField } from '../../parts/form.tsx'
import { Facts } from '../../parts/screen.tsx'
import { Part } from '../../parts/split.tsx'
import type { PriceDraft } from './price-form.tsx'
import { rate, rateNames, sourceOf, type Found } from './rates.ts'

interface LookUpProps {
  onSet(draft: PriceDraft): void
}

/** What any model costs now, and who says so. */
export function LookUp({ onSet }: LookUpProps) {
  const { companyId } = useEngine()
  const [asked, setAsked] = useState<{ readonly provider: string; readonly model: string } | null>(null)
  const { data, error, isLoading } = useOperation('prices.find', asked && { companyId, ...asked })
  return (
    <Part title="What does a model cost?">
      <div className="eng-card eng-card-body eng-stack">
        <Form
          submit="Look it up"
          isRunning={isLoading}
          error={error}
          onSubmit={(fields) => setAsked({ provider: fields.text('provider'), model: fields.text('model') })}
        >
          <div className="eng-row eng-row-wrap">
            <TextField label="Provider" name="provider" required maxLength={100} placeholder="anthropic" autoComplete="off" />
            <TextField label="Model" name="model" required maxLength={200} placeholder="claude-haiku-4-5" autoComplete="off" />
          </div>
        </Form>
        {asked && data && <Answer found={data} onSet={onSet} />}
      </div>
    </Part>
  )
}

function Answer({ found: { provider, model, source, price }, onSet }: LookUpProps & { found: Found }) {
  return (
    <div className="eng-stack eng-stack-tight" role="status">
      <p>
        <span className="eng-strong">{model}</span> of {provider}:{' '}
        {price ? `by ${sourceOf(source)}` : 'nobody knows what it costs. Under a hard limit it is not called until its price is set.'}
      </p>
      {price && (
        <Facts
          of={[
            [rateNames.inputMicros, rate(price.inputMicros)],
            [rateNames.cachedInputMicros, rate(price.cachedInputMicros)],
            [rateNames.cacheWriteMicros, rate(price.cacheWriteMicros)],
            [rateNames.outputMicros, rate(price.outputMicros)],
          ]}
        />
      )}
      <div>
        <Button does="prices.set" onClick={() => onSet({ provider, model, ...(price && { rates: price }) })}>
          Set its price
        </Button>
      </div>
    </div>
  )
}
