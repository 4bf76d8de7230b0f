import { Plus } from 'lucide-react'
import { useState } from 'react'

import { Button } from '../../parts/button.tsx'
import { useChoices } from '../../parts/places.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Tabs, type Tab } from '../../parts/tabs.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { NewNodeKey } from './new-node-key.tsx'
import { NodeKeys } from './node-keys.tsx'
import { Processes } from './processes.tsx'
import { useWorkers } from './reach.ts'

/** What executes runs, of all companies: how each process and node is, and the keys with which nodes register. */
export function Workers() {
  const [choices, choose] = useChoices()
  const [isNewOpen, setIsNewOpen] = useState(false)
  const openNew = () => setIsNewOpen(true)
  const workers = useWorkers()
  useKeys({ c: ['nodes.createKey', openNew] })
  const tabs: Tab[] = [
    { key: 'processes', label: 'Processes and nodes', content: () => <Processes list={workers} /> },
    { key: 'keys', shows: 'nodes.listKeys', label: 'Keys of nodes', content: () => <NodeKeys workers={workers} onNew={openNew} /> },
  ]
  const open = tabs.find(({ key }) => key === choices['tab'])?.key ?? 'processes'
  const action = (
    <Button does="nodes.createKey" look="strong" onClick={openNew} shortcut="c">
      <Plus size={15} aria-hidden /> Add a node
    </Button>
  )
  return (
    <Screen title="Workers" actions={action} isPadded>
      <Tabs tabs={tabs} open={open} onOpen={(tab) => choose({ tab })} />
      <NewNodeKey isOpen={isNewOpen} onClose={() => setIsNewOpen(false)} />
    </Screen>
  )
}
