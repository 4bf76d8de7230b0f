import type { JsonObject } from '@engine/core/contract'

import { useEngine } from '../data/provider.tsx'
import { useList } from '../data/use-operation.ts'
import { words } from '../data/failure.ts'
import { Field } from './dialog-form.tsx'
import { secretIn, type SchemaField } from './schema.ts'

interface SchemaFieldsProps {
  readonly fields: readonly SchemaField[]
  readonly config: JsonObject
}

/** The fields of a configuration, as its schema has them. Secrets are chosen by name; their values are never here. */
export function SchemaFields({ fields, config }: SchemaFieldsProps) {
  const asked = fields.filter(({ kind }) => kind !== 'fixed')
  return asked.map((field) => <One key={field.name} field={field} value={config[field.name]} />)
}

interface OneProps {
  readonly field: SchemaField
  readonly value: unknown
}

function One({ field, value }: OneProps) {
  const label = titled(field.name)
  const secret = secretIn(value)
  const fallback = field.secret === 'must' || field.fallback === undefined ? null : shown(field.fallback)
  const hint = [field.description, fallback === null || fallback === '' ? null : `${fallback} when left out.`].filter(Boolean).join(' ')
  return (
    <div className="eng-stack eng-stack-tight">
      {field.secret !== 'must' && (
        <Field label={label} {...(hint !== '' && { hint })}>
          <Control field={field} value={secret === null ? value : undefined} />
        </Field>
      )}
      {field.secret !== 'no' && field.kind !== 'json' && <SecretChoice field={field} chosen={secret} label={label} />}
    </div>
  )
}

function Control({ field, value }: OneProps) {
  const { name, kind, isRequired, choices, secret } = field
  const isNeeded = isRequired && secret === 'no'
  if (kind === 'switch')
    return <input type="checkbox" className="eng-check" name={name} defaultChecked={(value ?? field.fallback) === true} />
  if (kind === 'choice')
    return (
      <select className="eng-input" name={name} defaultValue={shown(value ?? field.fallback)}>
        {!isRequired && <option value="" />}
        {choices.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
    )
  if (kind === 'lines' || kind === 'json')
    return (
      <textarea
        className="eng-input"
        name={name}
        required={isNeeded}
        defaultValue={shown(value)}
        placeholder={kind === 'lines' ? 'One a line' : '{ }'}
      />
    )
  return (
    <input className="eng-input" name={name} required={isNeeded} type={kind} step="any" defaultValue={shown(value)} autoComplete="off" />
  )
}

function SecretChoice({ field, chosen, label }: { field: SchemaField; chosen: string | null; label: string }) {
  const { companyId } = useEngine()
  const { items, isLoading } = useList('secrets.list', { companyId })
  const must = field.secret === 'must'
  // A company without secrets is not asked which one.
  if (!must && items.length === 0 && chosen === null) return null
  const names = [...new Set([...items.map(({ name }) => name), ...(chosen === null ? [] : [chosen])])]
  const hint = must
    ? `${field.description ?? ''} ${names.length === 0 && !isLoading ? 'Make the secret first: it is chosen here by its name.' : ''}`.trim()
    : ''
  return (
    <Field label={must ? label : `or a secret for ${label.toLowerCase()}`} {...(hint !== '' && { hint })}>
      <select
        key={names.length}
        className="eng-input"
        name={`secret:${field.name}`}
        defaultValue={chosen ?? ''}
        required={must && field.isRequired}
      >
        <option value="" />
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </Field>
  )
}

/** The name of a member as a label: `timeoutSec` is Timeout sec. Pure. */
function titled(name: string): string {
  const spaced = words(name.replaceAll(/([a-z])([A-Z])/g, '$1 $2')).toLowerCase()
  return `${spaced.charAt(0).toUpperCase()}${spaced.slice(1)}`
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value.join('\n')
  if (typeof value === 'string') return value
  const text = JSON.stringify(value, null, 2)
  return text === '{}' ? '' : text
}
