import { useState, type ReactNode } from 'react'

import { Button } from './button.tsx'
import { DialogForm, Field, textOf } from './dialog-form.tsx'

interface ConfirmProps {
  /** On the button that asks, and on the one that does it. */
  readonly action: string
  readonly title: string
  /** What will be, and what will not come back. */
  readonly children: ReactNode
  /** What has to be written before it is done, where nothing brings it back. */
  readonly word?: string
  readonly isRunning: boolean
  onConfirm(): void
}

/** A button for what can not be taken back: it says what will be before it does it. */
export function ConfirmButton({ action, title, children, word, isRunning, onConfirm }: ConfirmProps) {
  const [isOpen, setIsOpen] = useState(false)
  const [isWrong, setIsWrong] = useState(false)
  const confirm = (form: FormData) => {
    const isRight = word === undefined || textOf(form, 'word') === word
    setIsWrong(!isRight)
    if (!isRight) return
    setIsOpen(false)
    onConfirm()
  }
  return (
    <>
      <Button look="bad" disabled={isRunning} onClick={() => setIsOpen(true)}>
        {action}
      </Button>
      <DialogForm title={title} isOpen={isOpen} onClose={() => setIsOpen(false)} action={action} isRunning={isRunning} onSubmit={confirm}>
        <div className="eng-stack eng-stack-tight">{children}</div>
        {word !== undefined && (
          <Field label={`Write ${word} to go on`} {...(isWrong && { hint: `It has to be ${word}, as it is written here.` })}>
            <input className="eng-input" name="word" autoComplete="off" required />
          </Field>
        )}
      </DialogForm>
    </>
  )
}
