import { Menu } from './menu.tsx'
import { Status } from './status.tsx'

interface StatusMenuProps<To extends string> {
  readonly to: readonly To[]
  readonly isDisabled: boolean
  onMove(to: To): void
}

/** Brings a thing to another status; not there when it stays as it is. */
export function StatusMenu<To extends string>({ to, isDisabled, onMove }: StatusMenuProps<To>) {
  if (to.length === 0) return null
  return (
    <Menu
      label="Move"
      isDisabled={isDisabled}
      choices={to.map((status) => ({ key: status, label: <Status of={status} />, choose: () => onMove(status) }))}
    />
  )
}
