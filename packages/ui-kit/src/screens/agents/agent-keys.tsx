import { useState } from 'react'

import type { Agent, Key } from '@engine/core/contract'

import { useEngine } from '../../data/provider.tsx'
import { useCommand, useList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { More } from '../../parts/more.tsx'
import { Part } from '../../parts/split.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import type { Fields } from '../../parts/fields.ts'
import { Form, TextField, Tick } from '../../parts/form.tsx'
import { moment } from '../../parts/format.ts'
import { ShownOnce } from '../../parts/shown-once.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'

/** By which an agent that works elsewhere comes in. */
export function AgentKeys({ agent }: { agent: Agent }) {
  const { companyId } = useEngine()
  const list = useList('keys.list', { companyId, agentId: agent.id })
  const { items, isRead } = list
  const [isNew, setIsNew] = useState(false)
  const close = () => setIsNew(false)
  return (
    <Part
      title="Keys"
      aside={
        agent.status !== 'terminated' && (
          <Button does="keys.create" onClick={() => setIsNew(true)}>
            New key
          </Button>
        )
      }
    >
      {isRead && items.length === 0 && (
        <p className="eng-soft">None. With a key, a program elsewhere works as {agent.name}: it checks tasks out and hands results in.</p>
      )}
      <ul className="eng-lines" aria-label="Keys">
        {items.map((key) => (
          <li key={key.id}>
            <Line of={key} />
          </li>
        ))}
      </ul>
      <More of={list} />
      <Dialog title={`New key for ${agent.name}`} isOpen={isNew} onClose={close}>
        <NewKey agentId={agent.id} onClose={close} />
      </Dialog>
    </Part>
  )
}

function Line({ of: { id, name, prefix, revokedAt, lastUsedAt, expiresAt } }: { of: Key }) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <span className={revokedAt === null ? 'eng-strong' : 'eng-soft'}>{name}</span>
      <code className="eng-soft eng-mono eng-grow">{prefix}…</code>
      <span className="eng-soft eng-small">
        {revokedAt !== null ? (
          <>
            revoked <Time at={revokedAt} />
          </>
        ) : lastUsedAt !== null ? (
          <>
            used <Time at={lastUsedAt} />
          </>
        ) : (
          'never used'
        )}
        {revokedAt === null && expiresAt !== null && <>, until {moment(expiresAt)}</>}
      </span>
      {revokedAt === null && (
        <Button does="keys.revoke" look="bad" onClick={() => setIsOpen(true)}>
          Revoke<span className="eng-hidden"> {name}</span>
        </Button>
      )}
      <Dialog title={`Revoke ${name}`} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <Revoke keyId={id} onClose={() => setIsOpen(false)} />
      </Dialog>
    </>
  )
}

function Revoke({ keyId, onClose }: { keyId: string; onClose(): void }) {
  const tell = useTell()
  const revoke = useCommand('keys.revoke', {
    onDone: ({ runsLeft }) => {
      tell.done(runsLeft.length === 0 ? 'The key opens nothing any more' : `Revoked; ${runsLeft.length} runs that it began go on`)
      onClose()
    },
  })
  return (
    <Form
      submit="Revoke it"
      isRunning={revoke.isRunning}
      error={revoke.error}
      onSubmit={(fields) => revoke.run({ keyId, endsRuns: fields.isTicked('ends') })}
    >
      <p>From now on it is refused everywhere, for good.</p>
      <Tick label="also end what its agent works on from outside" name="ends" />
    </Form>
  )
}

function NewKey({ agentId, onClose }: { agentId: string; onClose(): void }) {
  const create = useCommand('keys.create')
  if (create.output) return <ShownOnce name="Key" value={create.output.key} onDone={onClose} />
  const submit = (fields: Fields) => {
    const until = fields.maybe('until')
    create.run({ agentId, name: fields.text('name'), ...(until !== null && { expiresAt: new Date(until).toISOString() }) })
  }
  return (
    <Form submit="Make the key" isRunning={create.isRunning} error={create.error} onSubmit={submit}>
      <TextField label="Name" name="name" required maxLength={200} placeholder="Build server" />
      <TextField label="Until" name="until" type="datetime-local" hint="Left empty, it holds until it is revoked." />
    </Form>
  )
}
