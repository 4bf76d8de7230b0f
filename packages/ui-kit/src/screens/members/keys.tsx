import { useState } from 'react'

import type { Key } from '@engine/core/contract'

import { useEngine, useMay } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import type { Fields } from '../../parts/fields.ts'
import { DialogForm, SelectField, TextField, Tick } from '../../parts/form.tsx'
import { useHost } from '../../parts/host.tsx'
import { OnceDialog } from '../../parts/shown-once.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { AgentName } from '../../parts/who.tsx'

/** What programs come in by: keys of agents, and of people. Their text is shown once and never again. */
export function Keys() {
  const { companyId } = useEngine()
  const [isNewOpen, setIsNewOpen] = useState(false)
  const [showsRevoked, setShowsRevoked] = useState(false)
  const list = useList('keys.list', { companyId })
  const shown = list.items.filter(({ revokedAt }) => showsRevoked || revokedAt === null)
  const hasAny = list.items.length > 0
  const may = useMay()
  const mine = may('keys.create') ? 'keys.create' : 'keys.createOwn'
  const action = (
    <Button does={mine} onClick={() => setIsNewOpen(true)}>
      New key
    </Button>
  )
  const empty = hasAny ? (
    <Empty title="No key opens anything">All that there were are revoked.</Empty>
  ) : (
    <Empty title="No program has a key" action={action}>
      An agent that runs elsewhere comes with a key of its own; so does a script of yours. What is done by a key is done in the name of its
      holder.
    </Empty>
  )
  return (
    <div className="eng-stack">
      {hasAny && (
        <div className="eng-row eng-row-wrap">
          {action}
          <label className="eng-row">
            <input
              type="checkbox"
              className="eng-check"
              checked={showsRevoked}
              onChange={({ target }) => setShowsRevoked(target.checked)}
            />
            also those that were revoked
          </label>
        </div>
      )}
      <ListTable
        label="Keys"
        list={{ ...list, items: shown }}
        columns={['Key', 'Acts for', 'May', 'Last used', 'Ends', changeColumn]}
        empty={empty}
        row={(key) => <Row key={key.id} of={key} />}
      />
      <NewKey isOpen={isNewOpen} onClose={() => setIsNewOpen(false)} />
    </div>
  )
}

function Row({ of: key }: { of: Key }) {
  const { companyId } = useEngine()
  const tell = useTell()
  const { items: members } = useList('members.list', { companyId })
  const revoke = useCommand('keys.revoke', {
    onFailed: tell.failed,
    onDone: ({ runsLeft }) =>
      tell.done(runsLeft.length === 0 ? 'The key opens nothing any more' : `Revoked; ${runsLeft.length} runs that it began go on`),
  })
  return (
    <tr>
      <td>
        {key.name} <code className="eng-soft eng-mono">{key.prefix}…</code>
      </td>
      <td>{key.agentId === null ? (members.find(({ id }) => id === key.memberId)?.name ?? 'somebody') : <AgentName id={key.agentId} />}</td>
      <td className="eng-soft">{key.scopes === null ? 'all that its holder may' : key.scopes.join(', ')}</td>
      <td>{key.lastUsedAt === null ? <span className="eng-soft">never</span> : <Time at={key.lastUsedAt} />}</td>
      <td>{key.expiresAt === null ? <span className="eng-soft">never</span> : <Time at={key.expiresAt} />}</td>
      <td>
        {key.revokedAt === null ? (
          <ConfirmButton
            does="keys.revoke"
            act="Revoke"
            title={`Revoke ${key.name}`}
            isRunning={revoke.isRunning}
            onAct={() => revoke.run({ keyId: key.id, endsRuns: true })}
          >
            <p>Whoever has it is let in no more, and what its agent works on from outside with it is cancelled.</p>
          </ConfirmButton>
        ) : (
          <Status of="revoked" />
        )}
      </td>
    </tr>
  )
}

/** A key for an agent, or for oneself where one is a member. */
function NewKey({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const may = useMay()
  const { companyId } = useEngine()
  const { account } = useHost()
  const { items: agents } = useList('agents.list', { companyId })
  const holders = agents
    .filter(({ status, executionMode }) => may('keys.create') && status !== 'terminated' && executionMode !== 'human')
    .map(({ id, name }) => [id, name] as const)
  const [text, setText] = useState<string | null>(null)
  const onDone = ({ key }: { key: string }) => {
    onClose()
    setText(key)
  }
  const create = useCommand('keys.create', { onDone })
  const createOwn = useCommand('keys.createOwn', { onDone })
  const send = (fields: Fields) => {
    const holder = fields.text('holder')
    const inYear = new Date(Date.now() + 365 * 86_400_000).toISOString()
    const given = { name: fields.text('name'), ...(fields.isTicked('ends') && { expiresAt: inYear }) }
    if (holder === '') createOwn.run({ companyId, ...given })
    else create.run({ agentId: holder, ...given })
  }
  return (
    <>
      <DialogForm
        title="New key"
        isOpen={isOpen}
        onClose={onClose}
        submit="Make the key"
        isRunning={create.isRunning || createOwn.isRunning}
        error={create.error ?? createOwn.error}
        onSubmit={send}
      >
        <TextField label="Name" hint="Says later what it is used for." name="name" required maxLength={200} autoComplete="off" />
        <SelectField label="Acts for" name="holder" options={[...holders, ...(account ? [['', 'you'] as const] : [])]} />
        <Tick label="Ends in a year" name="ends" isTicked />
      </DialogForm>
      <OnceDialog title="The key" value={text} onClose={() => setText(null)}>
        <p>Put it where the program finds it, such as ENGINE_KEY. It is not shown again.</p>
      </OnceDialog>
    </>
  )
}
