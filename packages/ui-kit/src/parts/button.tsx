import type { ComponentProps, ReactNode } from 'react'

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: 'strong' | 'plain' | 'bad'
  readonly size?: 'icon'
  /** The key that does the same; shown beside the words. */
  readonly shortcut?: string
}

export function Button({ look, size, shortcut, children, ...rest }: ButtonProps) {
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
