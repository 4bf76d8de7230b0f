import { Check, Copy } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ShownOnceProps {
  readonly name: string
  readonly value: string
  onDone(): void
  /** What it is for, and how long it holds. */
  readonly children?: ReactNode
}

/** A key or a link at the only moment at which anybody sees it: no later answer has it. */
export function ShownOnce({ name, value, onDone, children }: ShownOnceProps) {
  const [isCopied, setIsCopied] = useState(false)
  const copy = () => navigator.clipboard.writeText(value).then(() => setIsCopied(true))
  return (
    <div className="eng-dialog-body">
      {children ?? <p>Keep it where it is needed. It is shown now and never again; a lost one is replaced by another.</p>}
      <output className="eng-once" aria-label={name}>
        {value}
      </output>
      <div className="eng-row">
        {/* Browsers have a clipboard only where the connection is safe. */}
        {'clipboard' in navigator && (
          <Button look="strong" onClick={() => void copy()}>
            {isCopied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />} {isCopied ? 'Copied' : 'Copy'}
          </Button>
        )}
        <Button onClick={onDone}>I have kept it</Button>
      </div>
    </div>
  )
}

interface OnceDialogProps {
  readonly title: string
  /** Null as long as there is nothing to see. */
  readonly value: string | null
  onClose(): void
  readonly children?: ReactNode
}

export function OnceDialog({ title, value, onClose, children }: OnceDialogProps) {
  return (
    <Dialog title={title} isOpen={value !== null} onClose={onClose}>
      <ShownOnce name={title} value={value ?? ''} onDone={onClose}>
        {children}
      </ShownOnce>
    </Dialog>
  )
}
