import type { ReactNode } from 'react'

import type { ReadingList } from '../data/use-operation.ts'
import { Button } from './button.tsx'

interface MoreProps {
  readonly of: Pick<ReadingList<unknown>, 'hasMore' | 'more'>
  readonly className?: string
  readonly children?: ReactNode
}

/** Reads on in a list, for as long as there is more of it. */
export function More({ of: { hasMore, more }, className, children = 'More' }: MoreProps) {
  if (!hasMore) return null
  return (
    <div className={className}>
      <Button onClick={more}>{children}</Button>
    </div>
  )
}
