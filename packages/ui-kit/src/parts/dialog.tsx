import { Dialog as Base } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { useRef, type ReactNode } from 'react'

import { Button } from './button.tsx'
import { useFloor } from './floor.tsx'

interface DialogProps {
  readonly title: string
  readonly isOpen: boolean
  onClose(): void
  /** Said to screen readers only, and no head is shown. */
  readonly isTitleHidden?: boolean
  readonly children: ReactNode
}

export function Dialog({ title, isOpen, onClose, isTitleHidden = false, children }: DialogProps) {
  const floor = useFloor()
  const popup = useRef<HTMLDivElement>(null)
  // A press beside it is soon made by mistake, and what is written, or shown only once, would be lost.
  const isKept = (reason: string) => reason === 'outside-press' && popup.current?.querySelector('form, .eng-once') !== null
  return (
    <Base.Root open={isOpen} onOpenChange={(open, { reason }) => !open && !isKept(reason) && onClose()}>
      <Base.Portal container={floor}>
        <Base.Backdrop className="eng-backdrop" />
        <Base.Popup className="eng-dialog" ref={popup} initialFocus={() => firstField(popup.current)}>
          {isTitleHidden ? (
            <Base.Title className="eng-hidden">{title}</Base.Title>
          ) : (
            <div className="eng-dialog-head">
              <Base.Title>{title}</Base.Title>
              <Base.Close render={<Button look="plain" size="icon" aria-label="Close" />}>
                <X size={16} aria-hidden />
              </Base.Close>
            </div>
          )}
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

/** Where writing begins; what comes first without a field, and where a finger points, since a keyboard would cover what it is about. */
function firstField(popup: HTMLElement | null): HTMLElement | true {
  if (matchMedia('(pointer: coarse)').matches) return true
  return popup?.querySelector<HTMLElement>(':is(input, select, textarea):not([type=hidden], :disabled)') ?? true
}
