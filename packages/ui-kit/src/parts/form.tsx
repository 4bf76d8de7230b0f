import { useId, type ComponentProps, type FormEvent, type KeyboardEvent, type ReactNode } from 'react'

import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { readFields, type Fields } from './fields.ts'
import { FailureNotice } from './states.tsx'

interface Labelled {
  readonly label: ReactNode
  /** Said below the field. */
  readonly hint?: ReactNode
}

interface FieldProps extends Labelled {
  children(given: { id: string; 'aria-describedby': string | undefined }): ReactNode
}

function Field({ label, hint, children }: FieldProps) {
  const id = useId()
  return (
    <div className="eng-field eng-grow">
      <label className="eng-field-label" htmlFor={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': hint === undefined ? undefined : `${id}-hint` })}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="eng-soft eng-small">
          {hint}
        </p>
      )}
    </div>
  )
}

export function TextField({ label, hint, ...rest }: Labelled & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint}>
      {(given) => <input {...rest} {...given} className="eng-input" />}
    </Field>
  )
}

export function LongField({ label, hint, ...rest }: Labelled & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint}>
      {(given) => <textarea {...rest} {...given} className="eng-input" />}
    </Field>
  )
}

/** Takes a secret of any number of lines, and shows how long it is alone. */
export function VeiledField({ label, hint, ...rest }: Labelled & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint}>
      {(given) => <textarea {...rest} {...given} className="eng-input eng-veiled" autoComplete="off" spellCheck={false} rows={1} />}
    </Field>
  )
}

interface SelectProps extends Labelled, Omit<ComponentProps<'select'>, 'children'> {
  /** Values with what is shown for them. */
  readonly options: readonly (readonly [string, string])[]
}

export function SelectField({ label, hint, options, ...rest }: SelectProps) {
  return (
    <Field label={label} hint={hint}>
      {(given) => (
        <select {...rest} {...given} className="eng-input">
          {options.map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function Tick({ label, name, isTicked = false }: { label: string; name: string; isTicked?: boolean }) {
  return (
    <label className="eng-row">
      <input type="checkbox" className="eng-check" name={name} defaultChecked={isTicked} />
      {label}
    </label>
  )
}

interface FormProps {
  /** What the button says. */
  readonly submit: string
  /** How it looks: bad where nothing brings back what it takes away. */
  readonly look?: 'strong' | 'bad'
  readonly isRunning: boolean
  readonly error: unknown
  onSubmit(fields: Fields): void
  /** Beside the button. */
  readonly aside?: ReactNode
  readonly children: ReactNode
}

/** Fields, why they were refused, and a button that sends them; ⌘ and Enter send them too. */
export function Form({ submit, look = 'strong', isRunning, error, onSubmit, aside, children }: FormProps) {
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!isRunning) onSubmit(readFields(new FormData(event.currentTarget)))
  }
  const onKeyDown = (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.requestSubmit()
  }
  return (
    <form className="eng-stack eng-form" onSubmit={send} onKeyDown={onKeyDown}>
      {children}
      {error !== null && <FailureNotice error={error} />}
      <div className="eng-row eng-row-wrap">
        <Button type="submit" look={look} disabled={isRunning}>
          {submit}
        </Button>
        {aside}
      </div>
    </form>
  )
}

interface DialogFormProps extends FormProps {
  readonly title: string
  readonly isOpen: boolean
  onClose(): void
}

/** A form of its own; what is open only as long as somebody writes in it. */
export function DialogForm({ title, isOpen, onClose, ...form }: DialogFormProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <Form {...form} />
    </Dialog>
  )
}
