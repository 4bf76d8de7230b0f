import { useEffect, useId, useRef, useState, type ComponentProps, type FormEvent, type KeyboardEvent, type ReactNode } from 'react'

import { FieldError } from '../data/failure.ts'
import type { OperationName } from '../data/operations.ts'
import { useMay } from '../data/provider.tsx'
import { Button } from './button.tsx'
import { isChord } from './chord.ts'
import { Dialog } from './dialog.tsx'
import { readFields, type Fields } from './fields.ts'
import { Problems, useProblem } from './problems.tsx'
import { FailureNotice } from './states.tsx'
import { WhoMay } from './who-may.tsx'

interface Labelled {
  readonly label: ReactNode
  /** Said below the field. */
  readonly hint?: ReactNode
  /** What the API calls it, where that is not its name: what is wrong with it is said below it. */
  readonly path?: string | undefined
}

interface FieldProps extends Labelled {
  readonly name: string | undefined
  children(given: { id: string; 'aria-describedby': string | undefined; 'aria-invalid': true | undefined }): ReactNode
}

function Field({ label, hint, name, path = name, children }: FieldProps) {
  const id = useId()
  const problem = useProblem(path, name)
  const said = [hint !== undefined && `${id}-hint`, problem !== null && `${id}-problem`].filter(Boolean).join(' ')
  return (
    <div className="eng-field eng-grow">
      <label className="eng-field-label" htmlFor={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': said === '' ? undefined : said, 'aria-invalid': problem === null ? undefined : true })}
      {problem !== null && (
        <p id={`${id}-problem`} className="eng-bad eng-small">
          {problem}
        </p>
      )}
      {hint !== undefined && (
        <p id={`${id}-hint`} className="eng-soft eng-small">
          {hint}
        </p>
      )}
    </div>
  )
}

export function TextField({ label, hint, path, ...rest }: Labelled & ComponentProps<'input'>) {
  return (
    <Field {...{ label, hint, path }} name={rest.name}>
      {(given) => <input {...rest} {...given} className="eng-input" />}
    </Field>
  )
}

export function LongField({ label, hint, path, ...rest }: Labelled & ComponentProps<'textarea'>) {
  return (
    <Field {...{ label, hint, path }} name={rest.name}>
      {(given) => <textarea {...rest} {...given} className="eng-input" />}
    </Field>
  )
}

/** Takes a secret of any number of lines, and shows how long it is alone. */
export function VeiledField({ label, hint, path, ...rest }: Labelled & ComponentProps<'textarea'>) {
  return (
    <Field {...{ label, hint, path }} name={rest.name}>
      {(given) => <textarea {...rest} {...given} className="eng-input eng-veiled" autoComplete="off" spellCheck={false} rows={1} />}
    </Field>
  )
}

interface SelectProps extends Labelled, Omit<ComponentProps<'select'>, 'children'> {
  /** Values with what is shown for them. */
  readonly options: readonly (readonly [string, string])[]
}

export function SelectField({ label, hint, path, options, ...rest }: SelectProps) {
  return (
    <Field {...{ label, hint, path }} name={rest.name}>
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

interface ChoiceProps extends Omit<SelectProps, 'defaultValue' | 'onChange'> {
  /** What is chosen at first; empty for nothing. */
  readonly value: string
}

/** Chooses among what comes later than the form, and changes while it is open: what was chosen stays so, and so does the focus. */
export function ChoiceField({ value, options, ...rest }: ChoiceProps) {
  const [chosen, setChosen] = useState(value)
  // It may not be among the first hundred, or not be read yet.
  const missing = chosen !== '' && !options.some(([key]) => key === chosen) ? [[chosen, '…'] as const] : []
  return <SelectField {...rest} value={chosen} onChange={({ target }) => setChosen(target.value)} options={[...options, ...missing]} />
}

interface TickProps {
  readonly label: string
  readonly name: string
  /** What it stands for, where several have one name. */
  readonly value?: string
  readonly isTicked?: boolean
}

export function Tick({ label, name, value, isTicked = false }: TickProps) {
  return (
    <label className="eng-row">
      <input type="checkbox" className="eng-check" name={name} value={value} defaultChecked={isTicked} />
      {label}
    </label>
  )
}

/** Fields that belong together. */
export function FieldGroup({ title, children }: { title: string; children: ReactNode }) {
  return (
    <fieldset className="eng-fieldset">
      <legend className="eng-field-label">{title}</legend>
      {children}
    </fieldset>
  )
}

/** What is rarely said, closed until somebody wants it or something in it was refused. */
export function MoreFields({ title, isOpen = false, children }: { title: string; isOpen?: boolean; children: ReactNode }) {
  return (
    <details open={isOpen}>
      <summary>{title}</summary>
      <div className="eng-stack eng-more">{children}</div>
    </details>
  )
}

interface FormProps {
  /** What it sends, where it stands in a screen: whoever may not can read it. */
  readonly does?: OperationName
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

/**
 * Fields, why they were refused, and a button that sends them; ⌘ or Ctrl with Enter sends them too. A `FieldError` that `onSubmit` throws is said at
 * its field, as is what the server says of one.
 */
export function Form({ does, submit, look = 'strong', isRunning, error, onSubmit, aside, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null)
  const [slip, setSlip] = useState<FieldError | null>(null)
  const refusal = slip ?? error
  const may = useMay()
  useEffect(() => {
    if (refusal !== null) leadToProblem(form.current)
  }, [refusal])
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (isRunning) return
    setSlip(null)
    try {
      onSubmit(readFields(new FormData(event.currentTarget)))
    } catch (thrown) {
      if (!(thrown instanceof FieldError)) throw thrown
      setSlip(thrown)
    }
  }
  const onKeyDown = (event: KeyboardEvent<HTMLFormElement>) => {
    if (isChord(event, 'Enter')) event.currentTarget.requestSubmit()
  }
  if (does !== undefined && !may(does))
    return (
      <fieldset disabled className="eng-items eng-stack eng-form">
        {children}
        <WhoMay does={does} what="change it" />
      </fieldset>
    )
  return (
    <form ref={form} className="eng-stack eng-form" onSubmit={send} onKeyDown={onKeyDown} onInvalidCapture={openAround}>
      <Problems of={refusal}>{children}</Problems>
      {slip === null && error !== null && <FailureNotice error={error} />}
      <div className="eng-row eng-row-wrap">
        <Button type="submit" look={look} disabled={isRunning}>
          <span className="eng-cut">{submit}</span>
        </Button>
        {aside}
      </div>
    </form>
  )
}

function leadToProblem(form: HTMLFormElement | null): void {
  const field = form?.querySelector<HTMLElement>('[aria-invalid="true"]')
  field?.closest('details')?.setAttribute('open', '')
  field?.focus()
}

/** What a browser refuses to send has to be seen. */
function openAround({ target }: FormEvent): void {
  if (target instanceof Element) target.closest('details')?.setAttribute('open', '')
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
