import { Plus, X } from 'lucide-react'
import { useState } from 'react'

import type { Routine } from '@engine/core/contract'

import { Button } from '../../parts/button.tsx'
import { FieldGroup, LongField, SelectField, TextField, Tick } from '../../parts/form.tsx'
import { useProblem } from '../../parts/problems.tsx'
import { variableTypes, yesOrNo, type Variable } from './read-variables.ts'

interface Line {
  readonly key: number
  readonly variable: Variable | null
}

/** The most that a routine declares. */
const most = 20

/** What may be another value each time that a routine fires. */
export function Variables({ of }: { of: Routine['variables'] }) {
  const [lines, setLines] = useState<readonly Line[]>(() => of.map((variable, key) => ({ key, variable })))
  const [nextKey, setNextKey] = useState(of.length)
  const problem = useProblem('variables')
  const add = () => {
    setLines([...lines, { key: nextKey, variable: null }])
    setNextKey(nextKey + 1)
  }
  return (
    <FieldGroup title="Variables">
      <p className="eng-soft eng-small">
        {'{{name}} stands for the value in title, description, tags and conditions; each fire may give another one.'}
      </p>
      {problem !== null && <p className="eng-bad">{problem}</p>}
      {lines.map(({ key, variable }, index) => (
        <VariableFields
          key={key}
          at={`variables.${index}`}
          variable={variable}
          onRemove={() => setLines(lines.filter((line) => line.key !== key))}
        />
      ))}
      {lines.length < most && (
        <div>
          <Button onClick={add}>
            <Plus size={15} aria-hidden /> Add a variable
          </Button>
        </div>
      )}
    </FieldGroup>
  )
}

interface VariableFieldsProps {
  /** Its place in the list, as the API names it. */
  readonly at: string
  readonly variable: Variable | null
  onRemove(): void
}

function VariableFields({ at, variable, onRemove }: VariableFieldsProps) {
  const [type, setType] = useState<Variable['type']>(variable?.type ?? 'text')
  const [name, setName] = useState(variable?.name ?? '')
  const standard = variable === null || variable.default === null ? '' : String(variable.default)
  const given = { label: 'When nothing is said', name: `${at}.default`, defaultValue: standard }
  return (
    <div className="eng-stack eng-variable">
      <div className="eng-row">
        <TextField
          label="Name"
          name={`${at}.name`}
          required
          pattern="[A-Za-z][A-Za-z0-9_]{0,63}"
          title="A letter, then letters, digits and _"
          autoComplete="off"
          autoFocus={variable === null}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <SelectField
          label="Type"
          name={`${at}.type`}
          value={type}
          onChange={({ target }) => setType(variableTypes.find((each) => each === target.value) ?? 'text')}
          options={variableTypes.map((each) => [each, each])}
        />
        <Button look="plain" size="icon" aria-label={`Take ${name === '' ? 'it' : name} away`} onClick={onRemove}>
          <X size={15} aria-hidden />
        </Button>
      </div>
      {type === 'select' && (
        <LongField label="What it can be, one a line" name={`${at}.options`} required defaultValue={variable?.options?.join('\n')} />
      )}
      <div className="eng-row eng-row-wrap">
        <TextField label="What it is" name={`${at}.description`} maxLength={500} defaultValue={variable?.description ?? ''} />
        {type === 'boolean' ? (
          <SelectField {...given} options={[['', 'empty'], ...yesOrNo]} />
        ) : (
          <TextField key={type} {...given} type={type === 'select' ? 'text' : type} step="any" />
        )}
      </div>
      <Tick label="Each fire needs a value" name={`${at}.isRequired`} isTicked={variable?.isRequired === true} />
    </div>
  )
}
