import type { OperationName } from '../data/operations.ts'
import { Menu } from './menu.tsx'
import { Status } from './status.tsx'

interface StatusMenuProps<To extends string> {
  /** What moves it there. */
  does(to: To): OperationName
  readonly to: readonly To[]
  readonly isDisabled: boolean
  onMove(to: To): void
}

/** Brings a thing to another status; not there when it stays as it is. */
export function StatusMenu<To extends string>({ to, does, isDisabled, onMove }: StatusMenuProps<To>) {
  if (to.length === 0) return null
  return (
    <Menu
      label="Move"
      isDisabled={isDisabled}
      choices={to.map((status) => ({ key: status, does: does(status), label: <Status of={status} />, choose: () => onMove(status) }))}
    />
  )
}
