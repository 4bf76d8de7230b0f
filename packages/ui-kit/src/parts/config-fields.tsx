import type { JsonObject } from '@engine/core/contract'

import { useEngine } from '../data/provider.tsx'
import { useList } from '../data/use-operation.ts'
import { inputOf, secretIn, type ConfigField } from './config.ts'
import { labelOf } from './format.ts'
import { ChoiceField, FieldGroup, LongField, MoreFields, SelectField, TextField } from './form.tsx'

interface ConfigFieldsProps {
  readonly fields: readonly ConfigField[]
  readonly config: JsonObject
  /** What the API calls it. */
  readonly path?: string
}

/** What has to be known, by its own schema: first what is needed or set, then what else can be. Values of secrets are never here. */
export function ConfigFields({ fields, config, path = 'config' }: ConfigFieldsProps) {
  const asked = fields.filter(({ kind }) => kind !== 'fixed')
  if (asked.length === 0) return <p className="eng-soft">It needs no configuration.</p>
  const isRare = ({ isRequired, name }: ConfigField) => !isRequired && config[name] === undefined
  const rare = asked.filter(isRare)
  return (
    <FieldGroup title="Configuration">
      {asked
        .filter((field) => !isRare(field))
        .map((field) => (
          <Member key={field.name} field={field} value={config[field.name]} path={path} />
        ))}
      {rare.length > 0 && (
        <MoreFields title={`What else can be set (${rare.length})`}>
          {rare.map((field) => (
            <Member key={field.name} field={field} value={undefined} path={path} />
          ))}
        </MoreFields>
      )}
    </FieldGroup>
  )
}

interface MemberProps {
  readonly field: ConfigField
  readonly value: unknown
  readonly path: string
}

function Member({ field, value, path }: MemberProps) {
  const secret = secretIn(value)
  return (
    <>
      {field.secret !== 'must' && <Control field={field} value={secret === null ? value : undefined} path={path} />}
      {field.secret !== 'no' && field.kind !== 'json' && <SecretChoice field={field} chosen={secret} />}
    </>
  )
}

const yesOrNo = [
  ['true', 'yes'],
  ['false', 'no'],
] as const

function Control({ field, value, path }: MemberProps) {
  const { name, kind, description, isRequired, choices, fallback, secret } = field
  const label = labelOf(name)
  const given = {
    name: inputOf(name),
    path: `${path}.${name}`,
    defaultValue: shown(value),
    required: isRequired && secret === 'no',
    ...(description !== null && { hint: description }),
  }
  const standard = fallback === true ? 'yes' : fallback === false ? 'no' : shown(fallback)
  if (kind === 'choice' || kind === 'switch') {
    const options = kind === 'switch' ? yesOrNo : choices.map((choice) => [choice, choice] as const)
    const unset = standard === '' ? 'not set' : `not set: ${standard}`
    return <SelectField {...given} label={label} options={isRequired ? options : [['', unset], ...options]} />
  }
  if (kind === 'lines') return <LongField {...given} label={`${label}, one a line`} placeholder={standard} />
  if (kind === 'json') return <LongField {...given} label={`${label}, as JSON`} placeholder={standard} />
  return <TextField {...given} label={label} type={kind} step="any" placeholder={standard} autoComplete="off" />
}

function SecretChoice({ field: { name, secret, description, isRequired }, chosen }: { field: ConfigField; chosen: string | null }) {
  const { companyId } = useEngine()
  const { items, isRead } = useList('secrets.list', { companyId })
  const must = secret === 'must'
  // A company without secrets is not asked which one.
  if (!must && items.length === 0 && chosen === null) return null
  const names = [...new Set([...items.map((item) => item.name), ...(chosen === null ? [] : [chosen])])]
  const makeOne = isRead && names.length === 0 && 'Make the secret first: it is chosen here by its name.'
  return (
    <ChoiceField
      label={must ? labelOf(name) : `or a secret for ${labelOf(name).toLowerCase()}`}
      name={inputOf(name, 'secret')}
      value={chosen ?? ''}
      required={must && isRequired}
      hint={must ? [description, makeOne].filter(Boolean).join(' ') : undefined}
      options={[['', 'none'], ...names.map((each) => [each, each] as const)]}
    />
  )
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join('\n')
  if (typeof value === 'string') return value
  const text = JSON.stringify(value, null, 2)
  return text === '{}' ? '' : text
}
