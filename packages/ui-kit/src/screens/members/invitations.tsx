import { useState } from 'react'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, TextField } from '../../parts/form.tsx'
import { useHost } from '../../parts/host.tsx'
import { Card } from '../../parts/screen.tsx'
import { OnceDialog } from '../../parts/shown-once.tsx'
import { Empty, FailureNotice, Loading } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
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
  const tell = useTell()
  const { items, error, isLoading, retry } = useList('invites.list', { companyId })
  const revoke = useCommand('invites.revoke', { onFailed: tell.failed, onDone: () => tell.done('The invitation is taken back') })
  if (error && items.length === 0) return <FailureNotice error={error} onRetry={retry} />
  if (isLoading) return <Loading />
  if (items.length === 0)
    return (
      <Empty
        title="Nobody is invited"
        action={
          <Button look="strong" onClick={onInvite} shortcut="c">
            Invite
          </Button>
        }
      >
        An invitation says who may come in and as what. Until it is accepted it can be taken back here.
      </Empty>
    )
  return (
    <Card>
      <ul className="eng-lines">
        {items.toReversed().map((invite) => (
          <li key={invite.id} className="eng-row eng-row-wrap eng-line">
            <Status of={invite.status} />
            <span className="eng-grow">
              {invite.email ?? 'whoever has its token'} <span className="eng-soft">as {invite.role}</span>
            </span>
            <Who kind={invite.invitedBy.kind} id={invite.invitedBy.id} />
            <Time at={invite.createdAt} />
            {invite.status === 'pending' && (
              <Button disabled={revoke.isRunning} onClick={() => revoke.run({ inviteId: invite.id })}>
                Take back
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}
