import { Plus } from 'lucide-react'
import type { ReactNode } from 'react'

import type { OperationName } from '../data/operations.ts'
import { Button } from './button.tsx'
import { Screen } from './screen.tsx'
import { Split, type SplitProps } from './split.tsx'
import { useKeys } from './use-keys.ts'

interface CollectionProps<Item extends { readonly id: string }> extends Omit<SplitProps<Item>, 'label'> {
  readonly title: string
  /** What the button says that makes another one. */
  readonly add: string
  /** What makes it; nothing is offered to whoever may not. */
  readonly does: OperationName
  onAdd(): void
  /** The dialogs of the screen. */
  readonly children?: ReactNode
}

/** A screen of things that are made here. `j` and `k` walk, `c` adds. */
export function Collection<Item extends { readonly id: string }>(props: CollectionProps<Item>) {
  const { title, add, does, onAdd, children, ...shown } = props
  useKeys({ c: [does, () => onAdd()] })
  const action = (
    <Button does={does} look="strong" onClick={() => onAdd()} shortcut="c">
      <Plus size={15} aria-hidden /> {add}
    </Button>
  )
  return (
    <Screen title={title} actions={action}>
      <Split {...shown} label={title} />
      {children}
    </Screen>
  )
}
