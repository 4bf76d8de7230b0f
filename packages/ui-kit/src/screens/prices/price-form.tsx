import type { CompanyPrice } from '@engine/core/contract'

import { FieldError } from '../../data/failure.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand } from '../../data/use-operation.ts'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, TextField } from '../../parts/form.tsx'
import { count } from '../../parts/format.ts'
import { useTell } from '../../parts/toasts.tsx'
import { anyModel, inDollars, modelName, rateNames, readRates, type Rates } from './rates.ts'

/** What a form for a price begins with. */
export interface PriceDraft {
  readonly provider?: string
  readonly model?: string
  readonly rates?: Rates & Pick<CompanyPrice, 'tiers'>
  /** The one of the rate card that is changed; another one is added without it. */
  readonly changes?: CompanyPrice
}

/** Says what a model costs the company, from a time on. */
export function PriceForm({ draft, onClose }: { draft: PriceDraft; onClose(): void }) {
  const { companyId } = useEngine()
  const tell = useTell()
  const { provider, model, rates, changes } = draft
  const set = useCommand('prices.set', {
    onDone: (price) => (onClose(), tell.done(`${modelName(price.model)} of ${price.provider} has a price`)),
  })
  const submit = (fields: Fields) => {
    // As it was when the form was opened: a change since then is not overwritten.
    const place = changes
      ? { provider: changes.provider, model: changes.model, effectiveFrom: changes.effectiveFrom, version: changes.version }
      : { provider: fields.text('provider'), model: fields.text('model'), ...readFrom(fields) }
    const isSameModel = place.provider === provider && place.model === model
    set.run({ companyId, ...place, ...readRates(fields), tiers: isSameModel ? (rates?.tiers ?? []) : [] })
  }
  const [above] = rates?.tiers.map(({ aboveInputTokens }) => count(aboveInputTokens)) ?? []
  return (
    <DialogForm
      title={changes ? `Change the price of ${modelName(changes.model)}` : 'Set a price'}
      isOpen
      onClose={onClose}
      submit={changes ? 'Change it' : 'Set it'}
      isRunning={set.isRunning}
      error={set.error}
      onSubmit={submit}
    >
      {!changes && <WhichModel of={draft} />}
      <div className="eng-row eng-row-wrap">
        <RateField name="inputMicros" rates={rates} required />
        <RateField name="outputMicros" rates={rates} required />
      </div>
      <div className="eng-row eng-row-wrap">
        <RateField name="cachedInputMicros" rates={rates} hint="Empty: what input costs." />
        <RateField name="cacheWriteMicros" rates={rates} hint="Empty: what input costs." />
      </div>
      {!changes && <TextField label="From" name="effectiveFrom" type="datetime-local" hint="Empty: from now on." />}
      <p className="eng-soft eng-small">
        {above === undefined
          ? 'Other rates for large inputs are set by '
          : `Its rates for inputs above ${above} tokens stay as they are. They are changed by `}
        <code className="eng-mono">engine prices set</code> or over HTTP.
      </p>
    </DialogForm>
  )
}

function WhichModel({ of: { provider, model } }: { of: PriceDraft }) {
  return (
    <div className="eng-row eng-row-wrap">
      <TextField
        label="Provider"
        name="provider"
        required
        maxLength={100}
        autoComplete="off"
        defaultValue={provider}
        hint="As usage names it: anthropic, openai, google, or what your program says."
      />
      <TextField
        label="Model"
        name="model"
        required
        maxLength={200}
        autoComplete="off"
        defaultValue={model}
        hint={`${anyModel} for all others of the provider.`}
      />
    </div>
  )
}

interface RateFieldProps {
  readonly name: keyof Rates
  readonly rates: Rates | undefined
  readonly hint?: string
  readonly required?: boolean
}

function RateField({ name, rates, hint, required }: RateFieldProps) {
  return (
    <TextField
      label={`${rateNames[name]} in US dollars`}
      name={name}
      inputMode="decimal"
      autoComplete="off"
      required={required}
      defaultValue={rates ? inDollars(rates[name]) : undefined}
      hint={hint ?? 'For a million tokens.'}
    />
  )
}

function readFrom(fields: Fields): { effectiveFrom?: string } {
  const text = fields.text('effectiveFrom')
  if (text === '') return {}
  const from = new Date(text)
  if (Number.isNaN(from.getTime())) throw new FieldError('effectiveFrom', 'It has to be a day and a time.')
  return { effectiveFrom: from.toISOString() }
}
