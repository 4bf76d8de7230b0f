import { UserPlus } from 'lucide-react'
import { useState } from 'react'

import { Button } from '../../parts/button.tsx'
import { useChoices } from '../../parts/places.tsx'
import { Screen } from '../../parts/screen.tsx'
import { Tabs, type Tab } from '../../parts/tabs.tsx'
import { useKeys } from '../../parts/use-keys.ts'
import { Accounts, useInstallationOwner } from './accounts.tsx'
import { Invitations, Invite } from './invitations.tsx'
import { Keys } from './keys.tsx'
import { People } from './people.tsx'

/** Who may come in, as what, and by which keys. */
export function Members() {
  const [choices, choose] = useChoices()
  const [isInviting, setIsInviting] = useState(false)
  const invite = () => setIsInviting(true)
  const owner = useInstallationOwner()
  useKeys({ c: ['invites.create', invite] })
  const tabs: Tab[] = [
    { key: 'people', label: 'People', content: () => <People onInvite={invite} /> },
    { key: 'invitations', shows: 'invites.list', label: 'Invitations', content: () => <Invitations onInvite={invite} /> },
    { key: 'keys', label: 'Keys', content: () => <Keys /> },
    ...(owner ? [{ key: 'accounts', label: 'Accounts', content: () => <Accounts me={owner.userId} onChange={owner.retry} /> }] : []),
  ]
  const open = tabs.find(({ key }) => key === choices['tab'])?.key ?? 'people'
  const action = (
    <Button does="invites.create" look="strong" onClick={invite} shortcut="c">
      <UserPlus size={15} aria-hidden /> Invite
    </Button>
  )
  return (
    <Screen title="Members" actions={action} isPadded>
      <Tabs tabs={tabs} open={open} onOpen={(tab) => choose({ tab })} />
      <Invite isOpen={isInviting} onClose={() => setIsInviting(false)} />
    </Screen>
  )
}
