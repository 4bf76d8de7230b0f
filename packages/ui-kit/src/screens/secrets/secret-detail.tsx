import { useState } from 'react'

import type { Secret, SecretUse } from '@engine/core/contract'

import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { Detail, Part } from '../../parts/split.tsx'
import { Confirm } from '../../parts/confirm.tsx'
import { PlaceLink } from '../../parts/places.tsx'
import { Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'
import { Bind, Rotate } from './dialogs.tsx'
import { Holder, placeIn } from './holder.tsx'

export function SecretDetail({ secretId, onGone }: { secretId: string; onGone(): void }) {
  const reading = useOperation('secrets.get', { secretId })
  return <Read of={reading}>{(secret) => <Shown secret={secret} onGone={onGone} />}</Read>
}

function Shown({ secret, onGone }: { secret: Secret; onGone(): void }) {
  const [open, setOpen] = useState<'rotate' | 'bind' | 'delete' | null>(null)
  const close = () => setOpen(null)
  const tell = useTell()
  const update = useCommand('secrets.update', { onFailed: tell.failed })
  const remove = useCommand('secrets.delete', { onFailed: tell.failed, onDone: onGone })
  const isActive = secret.status === 'active'
  const actions = (
    <>
      <Status of={secret.status} />
      <Button does="secrets.rotate" look="strong" onClick={() => setOpen('rotate')}>
        Rotate
      </Button>
      <Button
        does="secrets.update"
        disabled={update.isRunning}
        onClick={() => update.run({ secretId: secret.id, version: secret.version, status: isActive ? 'disabled' : 'active' })}
      >
        {isActive ? 'Disable' : 'Activate'}
      </Button>
      <Button does="secrets.delete" look="bad" onClick={() => setOpen('delete')}>
        Delete
      </Button>
    </>
  )
  return (
    <Detail title={<span className="eng-mono">{secret.name}</span>} actions={actions}>
      {secret.description !== null && <p>{secret.description}</p>}
      {!isActive && <p className="eng-notice">A run that needs it fails until it is active again.</p>}
      <Uses secret={secret} onBind={() => setOpen('bind')} />
      <Versions secret={secret} />
      <Accesses secretId={secret.id} />
      <Rotate secret={secret} isOpen={open === 'rotate'} onClose={close} />
      <Bind secret={secret} isOpen={open === 'bind'} onClose={close} />
      <Confirm
        title={`Delete ${secret.name}`}
        act="Delete it"
        isOpen={open === 'delete'}
        isRunning={remove.isRunning}
        onClose={close}
        onAct={() => {
          close()
          remove.run({ secretId: secret.id, version: secret.version })
        }}
      >
        All of its values are wiped, and no key brings them back. As long as something names it, it is refused.
      </Confirm>
    </Detail>
  )
}

function Uses({ secret, onBind }: { secret: Secret; onBind(): void }) {
  const { items, isRead } = useList('secrets.uses', { secretId: secret.id })
  return (
    <Part
      title="Where it goes"
      aside={
        secret.status === 'active' && (
          <Button does="secrets.bind" onClick={onBind}>
            Bind
          </Button>
        )
      }
    >
      {isRead && items.length === 0 && <p className="eng-soft">Nowhere. Bind it, or name it in a configuration.</p>}
      <ul className="eng-lines" aria-label="Where it goes">
        {items.map((use) => (
          <li key={use.id}>
            <Use secret={secret} use={use} />
          </li>
        ))}
      </ul>
    </Part>
  )
}

function Use({ secret, use }: { secret: Secret; use: SecretUse }) {
  const { agentId, projectId, kind, place } = use
  const tell = useTell()
  const unbind = useCommand('secrets.unbind', { onFailed: tell.failed })
  const target = agentId !== null ? { agentId } : projectId !== null ? { projectId } : ('company' as const)
  return (
    <>
      <Holder of={use} />
      <span className="eng-grow eng-cut">
        {kind === 'binding' ? 'as ' : 'in '}
        <code className="eng-mono">{placeIn(use)}</code>
        {use.number !== null && <span className="eng-soft"> version {use.number}</span>}
      </span>
      {kind === 'binding' && (
        <Button does="secrets.unbind" disabled={unbind.isRunning} onClick={() => unbind.run({ secretId: secret.id, target, as: place })}>
          Unbind
        </Button>
      )}
    </>
  )
}

function Versions({ secret }: { secret: Secret }) {
  const { items } = useList('secrets.versions', { secretId: secret.id })
  const tell = useTell()
  const [doomed, setDoomed] = useState<number | null>(null)
  const destroy = useCommand('secrets.destroyVersion', { onFailed: tell.failed })
  return (
    <Part title="Versions">
      <ul className="eng-lines" aria-label="Versions">
        {items.map(({ number, status, createdBy, createdAt }) => (
          <li key={number}>
            <strong>{number}</strong>
            <Status of={status} />
            <Who kind={createdBy.kind} id={createdBy.id} />
            <span className="eng-grow">
              <Time at={createdAt} />
            </span>
            {status === 'active' && number !== secret.currentVersion && (
              <Button does="secrets.destroyVersion" look="bad" onClick={() => setDoomed(number)}>
                Destroy
              </Button>
            )}
          </li>
        ))}
      </ul>
      <Confirm
        title={`Destroy version ${doomed ?? ''}`}
        act="Destroy it"
        isOpen={doomed !== null}
        isRunning={destroy.isRunning}
        onClose={() => setDoomed(null)}
        onAct={() => {
          if (doomed !== null) destroy.run({ secretId: secret.id, number: doomed })
          setDoomed(null)
        }}
      >
        What was sealed is wiped for good. The newest value stays.
      </Confirm>
    </Part>
  )
}

const mostAccesses = 20

function Accesses({ secretId }: { secretId: string }) {
  const { items, isRead } = useList('secrets.accesses', { secretId, limit: mostAccesses })
  return (
    <Part title="Who wanted it lately">
      {isRead && items.length === 0 && <p className="eng-soft">No run has asked for it yet.</p>}
      <ul className="eng-lines" aria-label="Who wanted it">
        {items.map((access) => (
          <li key={access.id}>
            <Status of={access.outcome} />
            <Holder of={access} />
            {access.number !== null && <span className="eng-soft">version {access.number}</span>}
            <span className="eng-grow">
              {access.runId !== null && (
                <PlaceLink to={{ screen: 'run', runId: access.runId }} className="eng-link">
                  its run
                </PlaceLink>
              )}
            </span>
            <Time at={access.at} />
          </li>
        ))}
      </ul>
    </Part>
  )
}
