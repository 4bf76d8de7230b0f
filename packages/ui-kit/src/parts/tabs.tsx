import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'

export interface Tab {
  readonly key: string
  readonly label: ReactNode
  /** Made when it is opened. */
  content(): ReactNode
}

export function Tabs({ tabs, open, onOpen }: { tabs: readonly Tab[]; open: string; onOpen(key: string): void }) {
  return (
    <Base.Root value={open} onValueChange={(key) => onOpen(String(key))} className="eng-stack">
      <Base.List className="eng-tabs" activateOnFocus={false}>
        {tabs.map((tab) => (
          <Base.Tab key={tab.key} value={tab.key} className="eng-tab">
            {tab.label}
          </Base.Tab>
        ))}
      </Base.List>
      {tabs.map((tab) => (
        <Base.Panel key={tab.key} value={tab.key}>
          {tab.key === open && tab.content()}
        </Base.Panel>
      ))}
    </Base.Root>
  )
}
