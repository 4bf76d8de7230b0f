import { Tabs as Base } from '@base-ui/react/tabs'
import type { ReactNode } from 'react'

import type { OperationName } from '../data/operations.ts'
import { useMay } from '../data/provider.tsx'

export interface Tab {
  readonly key: string
  readonly label: ReactNode
  /** What it reads: it is not there for whoever may not. */
  readonly shows?: OperationName
  /** Made when it is opened. */
  content(): ReactNode
}

interface TabsProps {
  readonly tabs: readonly Tab[]
  readonly open: string
  onOpen(key: string): void
}

export function Tabs({ tabs: all, open: chosen, onOpen }: TabsProps) {
  const may = useMay()
  const tabs = all.filter(({ shows }) => shows === undefined || may(shows))
  const open = tabs.find(({ key }) => key === chosen)?.key ?? tabs[0]?.key ?? ''
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
