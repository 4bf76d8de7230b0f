import type { ReactNode } from 'react'

import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmProps {
  readonly title: string
  /** What the button says. */
  readonly act: string
  readonly isOpen: boolean
  readonly isRunning: boolean
  onClose(): void
  onAct(): void
  /** What becomes of it. */
  readonly children: ReactNode
}

/** Asks once more before what can not be undone. */
export function Confirm({ title, act, isOpen, isRunning, onClose, onAct, children }: ConfirmProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <div className="eng-dialog-body">
        <p>{children}</p>
        <div className="eng-row">
          <Button look="bad" disabled={isRunning} onClick={onAct}>
            {act}
          </Button>
          <Button look="plain" onClick={onClose}>
            Leave it
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
