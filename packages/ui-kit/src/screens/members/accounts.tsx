import { useState } from 'react'

import type { ItemOf } from '../../data/operations.ts'
import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { useHost } from '../../parts/host.tsx'
import { Menu, type Choice } from '../../parts/menu.tsx'
import { OnceDialog } from '../../parts/shown-once.tsx'
import { Empty } from '../../parts/states.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { entryLink } from './links.ts'

type Account = ItemOf<'accounts.list'>

/** Who looks, where they are logged in and own the installation; what follows is for them alone. */
export function useInstallationOwner(): { readonly userId: string; retry(): void } | null {
  const { account } = useHost()
  const { data, retry } = useOperation('accounts.me', account ? {} : null)
  return data?.role === 'owner' ? { userId: data.userId, retry } : null
}

/** Everybody who has an account, in whatever company, and who owns the installation. No stream tells of them: they are read after each change. */
export function Accounts({ me, onChange }: { me: string; onChange(): void }) {
  const list = useList('accounts.list', {})
  const changed = () => (list.retry(), onChange())
  return (
    <ListTable
      label="Accounts"
      list={list}
      columns={['Who', { title: 'Address', className: 'eng-wide' }, 'Installation', 'Since', changeColumn]}
      empty={<Empty title="Nobody has an account" />}
      row={(account) => (
        <tr key={account.userId}>
          <td>
            {account.name} {account.userId === me && <span className="eng-soft">you</span>}
          </td>
          <td className="eng-soft eng-wide">{account.email ?? '–'}</td>
          <td>{account.role ?? <span className="eng-soft">by memberships</span>}</td>
          <td>
            <Time at={account.createdAt} />
          </td>
          <td>
            <Change account={account} isMe={account.userId === me} onChange={changed} />
          </td>
        </tr>
      )}
    />
  )
}

type Asked = 'give' | 'take' | 'delete' | null

function Change({ account, isMe, onChange }: { account: Account; isMe: boolean; onChange(): void }) {
  const { name, email, role } = account
  const host = useHost()
  const tell = useTell()
  const [asked, setAsked] = useState<Asked>(null)
  const [link, setLink] = useState<string | null>(null)
  const logOut = useLogOut(account)
  const give = useCommand('accounts.createLink', { onFailed: tell.failed, onDone: ({ key }) => setLink(entryLink(host, 'password', key)) })
  const choices: Choice[] = [
    role === 'owner'
      ? { key: 'take', does: 'accounts.takeOwnership', label: 'Take ownership away…', choose: () => setAsked('take') }
      : { key: 'give', does: 'accounts.giveOwnership', label: 'Make an owner…', choose: () => setAsked('give') },
    ...(email === null
      ? []
      : [{ key: 'password', does: 'accounts.createLink' as const, label: 'Link for a new password', choose: () => give.run({ email }) }]),
    ...(logOut && !isMe ? [{ key: 'sessions', does: 'members.revokeSessions' as const, label: 'Log out everywhere', choose: logOut }] : []),
    ...(isMe ? [] : [{ key: 'delete', does: 'accounts.delete' as const, label: 'Delete the account…', choose: () => setAsked('delete') }]),
  ]
  return (
    <>
      <Menu label={<span aria-label={`Change the account of ${name}`}>Change</span>} choices={choices} />
      <Sure asked={asked} of={account} onClose={() => setAsked(null)} onChange={onChange} />
      <OnceDialog title={`A new password for ${name}`} value={link} onClose={() => setLink(null)}>
        <p>Give it to {name} and to nobody else: it works once, and is not shown again.</p>
      </OnceDialog>
    </>
  )
}

/** Ends all sessions of somebody who is a member of this company; null for others. */
function useLogOut({ userId, name }: Account): (() => void) | null {
  const { companyId } = useEngine()
  const tell = useTell()
  const { items } = useList('members.list', { companyId })
  const end = useCommand('members.revokeSessions', { onFailed: tell.failed, onDone: () => tell.done(`${name} has to log in again`) })
  const member = items.find((each) => each.userId === userId && each.status !== 'removed')
  return member ? () => end.run({ memberId: member.id }) : null
}

interface SureProps {
  readonly asked: Asked
  readonly of: Account
  onClose(): void
  onChange(): void
}

/** What is about all companies is asked once more, with what becomes of it. */
function Sure({ asked, of: { userId, name, email }, onClose, onChange }: SureProps) {
  const tell = useTell()
  const done = (said: string) => (onClose(), onChange(), tell.done(said))
  const failed = (error: Error) => (onClose(), tell.failed(error))
  const give = useCommand('accounts.giveOwnership', { onFailed: failed, onDone: () => done(`${name} owns the installation now`) })
  const take = useCommand('accounts.takeOwnership', { onFailed: failed, onDone: () => done(`${name} has the rights of memberships alone`) })
  const remove = useCommand('accounts.delete', {
    onFailed: failed,
    onDone: ({ keysLeft }) => done(`The account is deleted${keysLeft.length === 0 ? '' : `; ${keysLeft.length} keys for agents go on`}`),
  })
  return (
    <>
      <Confirm
        title={`Make ${name} an owner`}
        act="Make an owner"
        isOpen={asked === 'give'}
        isRunning={give.isRunning}
        onClose={onClose}
        onAct={() => give.run({ userId })}
      >
        <p>Owners of the installation own every company, may found new ones, and decide about all accounts, yours too.</p>
      </Confirm>
      <Confirm
        title={`Take ownership from ${name}`}
        act="Take it away"
        isOpen={asked === 'take'}
        isRunning={take.isRunning}
        onClose={onClose}
        onAct={() => take.run({ userId })}
      >
        <p>What {name} may is said by memberships alone from then on. The last owner stays one.</p>
      </Confirm>
      <Confirm
        title={`Delete the account of ${name}`}
        act="Delete"
        word={email ?? name}
        isOpen={asked === 'delete'}
        isRunning={remove.isRunning}
        onClose={onClose}
        onAct={() => remove.run({ userId })}
      >
        <p className="eng-strong">Nothing brings it back.</p>
        <p>Sessions, memberships and keys of {name} end at once. What they wrote stays, under the name “Deleted person”.</p>
      </Confirm>
    </>
  )
}
