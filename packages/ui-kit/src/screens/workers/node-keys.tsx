import { useCommand, type ReadingList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'
import { useNodeKeys, type NodeKey, type Worker } from './reach.ts'

interface NodeKeysProps {
  readonly workers: ReadingList<Worker>
  onNew(): void
}

/** The keys with which machines without the database register; their text is shown once and never again. */
export function NodeKeys({ workers, onNew }: NodeKeysProps) {
  const list = useNodeKeys()
  const nodesOf = ({ id }: NodeKey) => workers.items.filter(({ nodeKeyId, status }) => nodeKeyId === id && status !== 'stopped')
  const empty = (
    <Empty
      title="No machine has a key"
      action={
        <Button does="nodes.createKey" onClick={onNew}>
          Add a node
        </Button>
      }
    >
      A machine without a way to the database executes runs over HTTP: it registers with a key, best one for each machine.
    </Empty>
  )
  return (
    <ListTable
      label="Keys of nodes"
      list={{ ...list, items: list.items.toReversed() }}
      columns={['Key', 'Nodes', 'Made by', 'Registers nothing after', changeColumn]}
      empty={empty}
      row={(key) => <Row key={key.id} of={key} nodes={nodesOf(key)} onChange={() => (list.retry(), workers.retry())} />}
    />
  )
}

interface RowProps {
  readonly of: NodeKey
  /** Those that registered with it and have not stopped. */
  readonly nodes: readonly Worker[]
  onChange(): void
}

function Row({ of: key, nodes, onChange }: RowProps) {
  const tell = useTell()
  const revoke = useCommand('nodes.revokeKey', {
    onFailed: tell.failed,
    onDone: () => (onChange(), tell.done('Nothing registers with the key any more')),
  })
  return (
    <tr>
      <td>
        {key.name} <code className="eng-soft eng-mono">{key.prefix}…</code>
      </td>
      <td>{nodes.length === 0 ? <span className="eng-soft">none</span> : nodes.map(({ name }) => name).join(', ')}</td>
      <td>
        <Who kind={key.createdBy === 'system' ? 'system' : 'user'} id={key.createdBy} />
      </td>
      <td>{key.expiresAt === null ? <span className="eng-soft">no end</span> : <Time at={key.expiresAt} />}</td>
      <td>
        {key.revokedAt === null ? (
          <ConfirmButton
            does="nodes.revokeKey"
            act="Revoke"
            title={`Revoke ${key.name}`}
            isRunning={revoke.isRunning}
            onAct={() => revoke.run({ nodeKeyId: key.id })}
          >
            <p>Nothing registers with it any more, and the nodes that did are let in no more, nor are the runs that they execute.</p>
            <p>Secrets that were sent to a machine can not be taken back: rotate those of its runs where it was stolen.</p>
          </ConfirmButton>
        ) : (
          <Status of="revoked" />
        )}
      </td>
    </tr>
  )
}
