import type { Adapter } from '@engine/core/contract'

import { LongField, SelectField, TextField } from '../../parts/form.tsx'
import { fieldsOf, written, type ConfigField } from './config.ts'

type Config = Adapter['configSchema']

/** What an adapter needs to know, by its own schema. */
export function ConfigFields({ schema, config }: { schema: Config; config: Config }) {
  const fields = fieldsOf(schema)
  if (fields.length === 0) return <p className="eng-soft">It needs no configuration.</p>
  const isOptional = ({ isRequired, name }: ConfigField) => !isRequired && config[name] === undefined
  const rare = fields.filter(isOptional)
  return (
    <fieldset className="eng-fieldset">
      <legend className="eng-field-label">Configuration</legend>
      <p className="eng-soft eng-small">Where a text is asked for, secret:NAME stands for the value of a secret.</p>
      {fields
        .filter((field) => !isOptional(field))
        .map((field) => (
          <One key={field.name} field={field} value={config[field.name]} />
        ))}
      {rare.length > 0 && (
        <details>
          <summary>What else can be set ({rare.length})</summary>
          <div className="eng-stack eng-more">
            {rare.map((field) => (
              <One key={field.name} field={field} value={undefined} />
            ))}
          </div>
        </details>
      )}
    </fieldset>
  )
}

const yesOrNo = [
  ['true', 'yes'],
  ['false', 'no'],
] as const

function One({ field, value }: { field: ConfigField; value: Config[string] | undefined }) {
  const { name, kind, hint, isRequired, standard, options } = field
  const given = {
    label: name,
    name: `config.${name}`,
    defaultValue: written(field, value),
    required: isRequired,
    ...(hint !== undefined && { hint }),
  }
  const unset = standard === undefined ? 'not set' : `not set: ${standard}`
  if (kind === 'choice' || kind === 'flag') {
    const choices = kind === 'flag' ? yesOrNo : options.map((option) => [option, option] as const)
    return <SelectField {...given} options={isRequired ? choices : [['', unset], ...choices]} />
  }
  if (kind === 'lines') return <LongField {...given} label={`${name}, one a line`} />
  if (kind === 'json') return <LongField {...given} label={`${name}, as JSON`} placeholder={standard} />
  return <TextField {...given} type={kind} step="any" placeholder={standard} />
}
