import type { OperationName } from '../data/operations.ts'
import { useEngine } from '../data/provider.tsx'

/** Who may do what the reader may not; nothing for a reader who may. */
export function WhoMay({ does, what }: { does: OperationName; what: string }) {
  const { refused } = useEngine()
  const least = refused?.[does]
  if (least === undefined) return null
  return (
    <span className="eng-soft">
      {least === 'none' ? 'Only owners of the installation' : `Only people with the role ${least}${least === 'owner' ? '' : ' or above'}`}{' '}
      may {what}.
    </span>
  )
}
