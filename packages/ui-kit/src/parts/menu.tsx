import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'

import type { OperationName } from '../data/operations.ts'
import { useMay } from '../data/provider.tsx'
import { Button } from './button.tsx'
import { useFloor } from './floor.tsx'

export interface Choice {
  readonly key: string
  /** It is not there for whoever may not. */
  readonly does?: OperationName | null
  readonly label: ReactNode
  choose(): void
}

interface MenuProps {
  readonly label: ReactNode
  readonly choices: readonly Choice[]
  readonly isDisabled?: boolean
  readonly look?: 'plain'
}

/** A button that opens a list of things to do; not there for whoever may do none of them. */
export function Menu({ label, choices, isDisabled = false, look }: MenuProps) {
  const floor = useFloor()
  const may = useMay()
  const offered = choices.filter(({ does }) => !does || may(does))
  if (offered.length === 0 && choices.length > 0) return null
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={<Button disabled={isDisabled} {...(look && { look })} />}>{label}</Base.Trigger>
      <Base.Portal container={floor}>
        <Base.Positioner className="eng-menu-place" sideOffset={4} align="start">
          <Base.Popup className="eng-menu">
            {offered.map((choice) => (
              <Base.Item key={choice.key} className="eng-menu-item" onClick={() => choice.choose()}>
                {choice.label}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
