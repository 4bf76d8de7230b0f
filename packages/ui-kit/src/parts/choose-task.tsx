import { useDeferredValue, useId, useState } from 'react'

import { FieldError } from '../data/failure.ts'
import { useEngine } from '../data/provider.tsx'
import { useOperation } from '../data/use-operation.ts'
import type { Fields } from './fields.ts'
import { TextField } from './form.tsx'

interface ChooseTaskProps {
  readonly label: string
  /** Its id is in the form by this name; empty as long as what is written names no task. */
  readonly name: string
  readonly isRequired?: boolean
}

const written = (name: string) => `${name}.written`

/** The task that was chosen; null where none was asked for. @throws {FieldError} for words that name none */
export function taskIn(fields: Fields, name: string): string | null {
  const id = fields.maybe(name)
  if (id === null && fields.text(written(name)) !== '')
    throw new FieldError(name, 'No task is called that. Choose one of those that are offered.')
  return id
}

/** A task by its identifier; what words of it find is offered while they are written. */
export function ChooseTask({ label, name, isRequired = true }: ChooseTaskProps) {
  const { companyId } = useEngine()
  const listId = useId()
  const [text, setText] = useState('')
  const query = useDeferredValue(text.trim())
  const { data } = useOperation('search.find', query === '' ? null : { companyId, query, types: ['task'], limit: 10 })
  const found = data?.items ?? []
  const chosen = found.find(({ title }) => title === query || title.split(' ')[0]?.toLowerCase() === query.toLowerCase())
  return (
    <>
      <TextField
        label={label}
        name={written(name)}
        path={name}
        required={isRequired}
        autoComplete="off"
        list={listId}
        placeholder="ACM-42, or words of its title"
        value={text}
        onChange={({ target }) => setText(target.value)}
        hint={chosen && chosen.title !== query ? chosen.title : undefined}
      />
      <datalist id={listId}>
        {found.map(({ id, title }) => (
          <option key={id} value={title} />
        ))}
      </datalist>
      <input type="hidden" name={name} value={chosen?.id ?? ''} />
    </>
  )
}
