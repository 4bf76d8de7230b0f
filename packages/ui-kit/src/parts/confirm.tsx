import { useState, type ReactNode } from 'react'

import type { OperationName } from '../data/operations.ts'
import { Button } from './button.tsx'
import type { Fields } from './fields.ts'
import { DialogForm, TextField } from './form.tsx'

interface Asked {
  /** It is not there for whoever may not. */
  readonly does: OperationName
  readonly title: string
  /** What the button says. */
  readonly act: string
  /** What has to be written before it is done, where nothing brings it back. */
  readonly word?: string
  readonly isRunning: boolean
  onAct(): void
  /** What becomes of it. */
  readonly children: ReactNode
}

/** Asks once more before what can not be undone. */
export function Confirm({ act, word, onAct, children, ...dialog }: Omit<Asked, 'does'> & { isOpen: boolean; onClose(): void }) {
  const [isWrong, setIsWrong] = useState(false)
  const confirm = (fields: Fields) => {
    const isRight = word === undefined || fields.text('word') === word
    setIsWrong(!isRight)
    if (isRight) onAct()
  }
  const leave = (
    <Button look="plain" onClick={dialog.onClose}>
      Leave it
    </Button>
  )
  return (
    <DialogForm {...dialog} submit={act} look="bad" error={null} onSubmit={confirm} aside={leave}>
      <div className="eng-stack eng-stack-tight">{children}</div>
      {word !== undefined && (
        <TextField
          label={`Write ${word} to go on`}
          name="word"
          autoComplete="off"
          required
          hint={isWrong ? `It has to be ${word}, as it is written here.` : undefined}
        />
      )}
    </DialogForm>
  )
}

/** A button for what can not be taken back: it says what will be before it does it. */
export function ConfirmButton({ onAct, does, ...asked }: Asked) {
  const [isOpen, setIsOpen] = useState(false)
  const close = () => setIsOpen(false)
  return (
    <>
      <Button does={does} look="bad" disabled={asked.isRunning} onClick={() => setIsOpen(true)}>
        <span className="eng-cut">{asked.act}</span>
      </Button>
      <Confirm {...asked} isOpen={isOpen} onClose={close} onAct={() => (close(), onAct())} />
    </>
  )
}
