import { LogOut } from 'lucide-react'
import { useState } from 'react'

import type { Session } from '@engine/core/contract'

import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, TextField } from '../../parts/form.tsx'
import { Card } from '../../parts/screen.tsx'
import { Read } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'

/** Who is logged in, where else, and with which password from now on. No stream tells of sessions, so they are read after each change. */
export function Account({ name, onLogOut }: { name: string; onLogOut(): void }) {
  const tell = useTell()
  const [isChanging, setIsChanging] = useState(false)
  const reading = useOperation('sessions.list', {})
  const told = { onFailed: tell.failed }
  const revoke = useCommand('sessions.revoke', { ...told, onDone: () => (reading.retry(), tell.done('That session has ended')) })
  const revokeOthers = useCommand('sessions.revokeOthers', {
    ...told,
    onDone: ({ ended }) => (reading.retry(), tell.done(`${ended} other sessions have ended`)),
  })
  return (
    <Card
      title={name}
      aside={
        <>
          <Button onClick={() => setIsChanging(true)}>Change the password</Button>
          <Button onClick={onLogOut}>
            <LogOut size={15} aria-hidden /> Log out
          </Button>
        </>
      }
    >
      <Read of={reading}>
        {({ items }) => (
          <>
            <ul className="eng-lines" aria-label="Where you are logged in">
              {items.map((session) => (
                <li key={session.id} className="eng-row eng-row-wrap eng-line">
                  <span className="eng-grow">
                    {nameOf(session)} <span className="eng-soft">{session.address}</span>
                  </span>
                  <Time at={session.lastUsedAt} />
                  {session.isCurrent ? (
                    <span className="eng-soft">this one</span>
                  ) : (
                    <Button does="sessions.revoke" disabled={revoke.isRunning} onClick={() => revoke.run({ sessionId: session.id })}>
                      End it
                    </Button>
                  )}
                </li>
              ))}
            </ul>
            {items.length > 1 && (
              <div className="eng-card-body">
                <Button does="sessions.revokeOthers" disabled={revokeOthers.isRunning} onClick={() => revokeOthers.run({})}>
                  End all others
                </Button>
              </div>
            )}
          </>
        )}
      </Read>
      <Password isOpen={isChanging} onClose={() => setIsChanging(false)} onDone={reading.retry} />
    </Card>
  )
}

/** A browser by the names in what it says of itself; all of that when none is known. */
function nameOf({ userAgent }: Session): string {
  const known = /(Firefox|Edg|OPR|Chrome|Safari)\/[\d.]+/.exec(userAgent ?? '')?.[1]
  const system = /(Windows|Mac OS X|Android|iPhone|Linux)/.exec(userAgent ?? '')?.[1]
  return known === undefined ? (userAgent ?? 'a program') : `${known}${system === undefined ? '' : ` on ${system}`}`
}

function Password({ isOpen, onClose, onDone }: { isOpen: boolean; onClose(): void; onDone(): void }) {
  const tell = useTell()
  const change = useCommand('accounts.changePassword', {
    onDone() {
      tell.done('The password is another one; all other sessions have ended')
      onClose()
      onDone()
    },
  })
  const send = (fields: Fields) => change.run({ currentPassword: fields.raw('currentPassword'), newPassword: fields.raw('newPassword') })
  return (
    <DialogForm
      title="Change the password"
      isOpen={isOpen}
      onClose={onClose}
      submit="Change it"
      isRunning={change.isRunning}
      error={change.error}
      onSubmit={send}
    >
      <TextField label="Present password" name="currentPassword" type="password" autoComplete="current-password" required />
      <TextField
        label="New password"
        hint="12 characters or more."
        name="newPassword"
        type="password"
        autoComplete="new-password"
        required
        minLength={12}
      />
    </DialogForm>
  )
}
