import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'

import { Button } from './button.tsx'
import { useFloor } from './floor.tsx'

export interface Choice {
  readonly key: string
  readonly label: ReactNode
  choose(): void
}

/** A button that opens a list of things to do. */
export function Menu({ label, choices, isDisabled = false }: { label: ReactNode; choices: readonly Choice[]; isDisabled?: boolean }) {
  const floor = useFloor()
  return (
    <Base.Root modal={false}>
      <Base.Trigger render={<Button disabled={isDisabled} />}>{label}</Base.Trigger>
      <Base.Portal container={floor}>
        <Base.Positioner className="eng-menu-place" sideOffset={4} align="start">
          <Base.Popup className="eng-menu">
            {choices.map((choice) => (
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
