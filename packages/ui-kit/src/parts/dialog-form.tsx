import type { FormEvent, ReactNode } from 'react'

import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { FailureNotice } from './states.tsx'

/** What was typed into a field, to the letter: a password may end with a space. */
export function typedOf(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}

/** What a form says in one of its fields, without space around it; nothing when it has no such field. */
export function textOf(form: FormData, name: string): string {
  return typedOf(form, name).trim()
}

/** One thing a line; empty lines are none. */
export function linesOf(form: FormData, name: string): string[] {
  return textOf(form, name)
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** A label with what it is of, and words below it for whoever needs them. */
export function Field({ label, hint, children }: { label: string; hint?: ReactNode; children: ReactNode }) {
  return (
    <div className="eng-field eng-grow">
      <label className="eng-field">
        <span className="eng-field-label">{label}</span>
        {children}
      </label>
      {hint !== undefined && <span className="eng-soft eng-small">{hint}</span>}
    </div>
  )
}

export function Tick({ label, name, isTicked }: { label: string; name: string; isTicked: boolean }) {
  return (
    <label className="eng-row">
      <input type="checkbox" className="eng-check" name={name} defaultChecked={isTicked} />
      {label}
    </label>
  )
}

interface FormProps {
  /** What its button says. */
  readonly action: string
  readonly isRunning: boolean
  readonly error?: unknown
  onSubmit(form: FormData): void
  readonly children: ReactNode
}

/** Fields and the button that sends them; what was refused, and why, stands between both. */
export function Form({ action, isRunning, error, onSubmit, children }: FormProps) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    onSubmit(new FormData(event.currentTarget))
  }
  return (
    <form className="eng-stack" onSubmit={submit}>
      {children}
      {error !== undefined && error !== null && <FailureNotice error={error} />}
      <div className="eng-row">
        <Button type="submit" look="strong" disabled={isRunning}>
          {action}
        </Button>
      </div>
    </form>
  )
}

interface DialogFormProps extends FormProps {
  readonly title: string
  readonly isOpen: boolean
  onClose(): void
}

export function DialogForm({ title, isOpen, onClose, ...form }: DialogFormProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <div className="eng-dialog-body">
        <Form {...form} />
      </div>
    </Dialog>
  )
}
