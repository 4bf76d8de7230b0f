import { useState } from 'react'

import { words } from '../../data/said.ts'
import { useEngine, useMay } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { SelectField } from '../../parts/form.tsx'
import { useHost } from '../../parts/host.tsx'
import { Menu, type Choice } from '../../parts/menu.tsx'
import { OnceDialog } from '../../parts/shown-once.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'
import { entryLink } from './links.ts'
import { asRole, roleNames, roles, type MemberItem } from './roles.ts'

/** Everybody who may come in, and as what. */
export function People({ onInvite }: { onInvite(): void }) {
  const { companyId } = useEngine()
  const list = useList('members.list', { companyId })
  const empty = (
    <Empty
      title="Nobody but you is here"
      action={
        <Button does="invites.create" look="strong" onClick={onInvite} shortcut="c">
          Invite
        </Button>
      }
    >
      Invite people to review results and decide what agents may do. Each of them also stands among the agents, so that tasks can be theirs.
    </Empty>
  )
  return (
    <ListTable
      label="Members"
      list={{ ...list, items: list.items.filter(({ status }) => status !== 'removed') }}
      columns={['Who', { title: 'Address', className: 'eng-wide' }, 'Role', 'State', changeColumn]}
      empty={empty}
      row={(member) => <Row key={member.id} member={member} />}
    />
  )
}

function Row({ member }: { member: MemberItem }) {
  const may = useMay()
  const tell = useTell()
  const update = useCommand('members.update', {
    onFailed: tell.failed,
    onDone: ({ name, role }) => tell.done(`${name} is ${role} now`),
  })
  return (
    <tr>
      <td>
        <Who kind="user" id={member.userId} />
      </td>
      <td className="eng-soft eng-wide">{member.email ?? '–'}</td>
      <td>
        {may('members.update') ? (
          <select
            className="eng-input"
            data-fit
            aria-label={`Role of ${member.name}`}
            title={roles[member.role]}
            value={member.role}
            disabled={update.isRunning}
            onChange={({ target }) => update.run({ memberId: member.id, version: member.version, role: asRole(target.value) })}
          >
            {roleNames.map((role) => (
              <option key={role}>{role}</option>
            ))}
          </select>
        ) : (
          <span title={roles[member.role]}>{member.role}</span>
        )}
      </td>
      <td>
        <Status of={member.status} />
      </td>
      <td>
        <Actions member={member} />
      </td>
    </tr>
  )
}

function Actions({ member: { id: memberId, name, status } }: { member: MemberItem }) {
  const tell = useTell()
  const host = useHost()
  const [isRemoving, setIsRemoving] = useState(false)
  const [link, setLink] = useState<string | null>(null)
  const told = { onFailed: tell.failed }
  const disable = useCommand('members.disable', { ...told, onDone: () => tell.done(`${name} is kept out; their keys stopped working`) })
  const enable = useCommand('members.enable', { ...told, onDone: () => tell.done(`${name} may come in again`) })
  const end = useCommand('members.revokeSessions', { ...told, onDone: () => tell.done(`${name} has to log in again`) })
  const give = useCommand('members.createPasswordLink', { ...told, onDone: ({ key }) => setLink(entryLink(host, 'password', key)) })
  const remove = useCommand('members.remove', {
    ...told,
    onDone({ keysLeft }) {
      setIsRemoving(false)
      tell.done(
        keysLeft.length === 0 ? `${name} is removed` : `${name} is removed; ${keysLeft.length} keys that they made for agents go on`,
      )
    },
  })
  const choices: Choice[] = [
    ...(host.account
      ? [
          {
            key: 'password',
            does: 'members.createPasswordLink' as const,
            label: 'Link for a new password',
            choose: () => give.run({ memberId }),
          },
          { key: 'sessions', does: 'members.revokeSessions' as const, label: 'Log out everywhere', choose: () => end.run({ memberId }) },
        ]
      : []),
    status === 'active'
      ? { key: 'disable', does: 'members.disable', label: 'Keep out for now', choose: () => disable.run({ memberId }) }
      : { key: 'enable', does: 'members.enable', label: 'Let in again', choose: () => enable.run({ memberId }) },
    { key: 'remove', does: 'members.remove', label: 'Remove…', choose: () => setIsRemoving(true) },
  ]
  return (
    <>
      <Menu label={<span aria-label={`Change ${name}`}>Change</span>} choices={choices} />
      <Confirm
        title={`Remove ${name}`}
        act="Remove"
        isOpen={isRemoving}
        isRunning={remove.isRunning}
        onClose={() => setIsRemoving(false)}
        onAct={() => remove.run({ memberId })}
      >
        Their keys are revoked at once, and their open tasks are nobody’s. What they did stays in the record.
      </Confirm>
      <OnceDialog title={`A new password for ${name}`} value={link} onClose={() => setLink(null)}>
        <p>Give it to {name} and to nobody else: it works once, and is not shown again.</p>
      </OnceDialog>
    </>
  )
}

/** A role with what it may. */
export function RoleChoice({ initial }: { initial: string }) {
  const [role, setRole] = useState(initial)
  return (
    <SelectField
      label="Role"
      name="role"
      value={role}
      onChange={({ target }) => setRole(target.value)}
      options={roleNames.map((each) => [each, each])}
      hint={words(roles[asRole(role)])}
    />
  )
}
