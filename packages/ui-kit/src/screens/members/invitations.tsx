import { useState } from 'react'

import type { ItemOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, TextField } from '../../parts/form.tsx'
import { useHost } from '../../parts/host.tsx'
import { OnceDialog } from '../../parts/shown-once.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { ListTable, changeColumn } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'
import { entryLink } from './links.ts'
import { RoleChoice } from './people.tsx'
import { asRole } from './roles.ts'

/** Asks somebody in; the link is shown once. */
export function Invite({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const { companyId } = useEngine()
  const host = useHost()
  const [link, setLink] = useState<string | null>(null)
  const invite = useCommand('invites.create', {
    onDone({ key }) {
      onClose()
      setLink(entryLink(host, 'invitation', key))
    },
  })
  const send = (fields: Fields) => {
    const email = fields.text('email')
    invite.run({ companyId, role: asRole(fields.text('role')), ...(email !== '' && { email }) })
  }
  return (
    <>
      <DialogForm
        title="Invite somebody"
        isOpen={isOpen}
        onClose={onClose}
        submit="Make the invitation"
        isRunning={invite.isRunning}
        error={invite.error}
        onSubmit={send}
      >
        <TextField
          label="Address"
          hint={host.account ? 'Only whoever gives this address may accept it.' : 'Left empty, it is for whoever has its token.'}
          name="email"
          type="email"
          required={host.account !== undefined}
          autoComplete="off"
        />
        <RoleChoice initial="operator" />
      </DialogForm>
      <OnceDialog title="The invitation" value={link} onClose={() => setLink(null)}>
        <p>Give it to whom it is for. It holds for seven days, works once, and is not shown again.</p>
        {!host.account && <p className="eng-soft">Without accounts it is accepted over the API: POST /api/invites/accept.</p>}
      </OnceDialog>
    </>
  )
}

export function Invitations({ onInvite }: { onInvite(): void }) {
  const { companyId } = useEngine()
  const list = useList('invites.list', { companyId })
  const empty = (
    <Empty
      title="Nobody is invited"
      action={
        <Button does="invites.create" look="strong" onClick={onInvite} shortcut="c">
          Invite
        </Button>
      }
    >
      An invitation says who may come in and as what. Until it is accepted it can be taken back here.
    </Empty>
  )
  return (
    <ListTable
      label="Invitations"
      list={{ ...list, items: list.items.toReversed() }}
      columns={['State', 'Who', 'As', 'Invited by', 'When', changeColumn]}
      empty={empty}
      row={(invite) => <Row key={invite.id} invite={invite} />}
    />
  )
}

function Row({ invite }: { invite: ItemOf<'invites.list'> }) {
  const tell = useTell()
  const revoke = useCommand('invites.revoke', { onFailed: tell.failed, onDone: () => tell.done('The invitation is taken back') })
  return (
    <tr>
      <td>
        <Status of={invite.status} />
      </td>
      <td>{invite.email ?? 'whoever has its token'}</td>
      <td>{invite.role}</td>
      <td>
        <Who kind={invite.invitedBy.kind} id={invite.invitedBy.id} />
      </td>
      <td>
        <Time at={invite.createdAt} />
      </td>
      <td>
        {invite.status === 'pending' && (
          <Button does="invites.revoke" disabled={revoke.isRunning} onClick={() => revoke.run({ inviteId: invite.id })}>
            Take back
          </Button>
        )}
      </td>
    </tr>
  )
}
