import type { ComponentProps, ReactNode } from 'react'

import type { OperationName } from '../data/operations.ts'
import { useMay } from '../data/provider.tsx'

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'strong' | 'plain' | 'bad'
  readonly size?: 'icon'
  /** The key that does the same; shown beside the words. */
  readonly shortcut?: string
  /** What it leads to: it is not there for whoever may not. */
  readonly does?: OperationName | undefined
}

export function Button({ look, size, shortcut, does, children, ...rest }: ButtonProps) {
  const may = useMay()
  if (does !== undefined && !may(does)) return null
  return (
    <button type="button" aria-keyshortcuts={shortcut} {...rest} className="eng-button" data-look={look} data-size={size}>
      {children}
      {shortcut !== undefined && <Key>{shortcut}</Key>}
    </button>
  )
}

export function Key({ children }: { children: ReactNode }) {
  return (
    <kbd className="eng-key" aria-hidden>
      {children}
    </kbd>
  )
}
