import { Check, Copy } from 'lucide-react'
import { useState, type ReactNode } from 'react'

import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

/** A key or a link at the only moment at which anybody sees it. */
export function OnceDialog({
  title,
  text,
  onClose,
  children,
}: {
  title: string
  text: string | null
  onClose(): void
  children: ReactNode
}) {
  const [isCopied, setIsCopied] = useState(false)
  const close = () => {
    setIsCopied(false)
    onClose()
  }
  const copy = () => navigator.clipboard.writeText(text ?? '').then(() => setIsCopied(true))
  return (
    <Dialog title={title} isOpen={text !== null} onClose={close}>
      <div className="eng-dialog-body">
        {children}
        <pre className="eng-diff eng-quoted" tabIndex={0} aria-label={title}>
          {text}
        </pre>
        <div className="eng-row">
          {/* Browsers have a clipboard only where the connection is safe. */}
          {'clipboard' in navigator && (
            <Button look="strong" onClick={() => void copy()}>
              {isCopied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />} {isCopied ? 'Copied' : 'Copy'}
            </Button>
          )}
          <Button onClick={close}>Done</Button>
        </div>
      </div>
    </Dialog>
  )
}
