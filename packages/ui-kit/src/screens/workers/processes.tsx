import { useCommand, type ReadingList } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm.tsx'
import { count } from '../../parts/format.ts'
import { Empty } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { changeColumn, ListTable } from '../../parts/table.tsx'
import { Tile } from '../../parts/tile.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { Who } from '../../parts/who.tsx'
import type { Worker } from './reach.ts'

/** Every process that executes runs, and whether it is well. */
export function Processes({ list }: { list: ReadingList<Worker> }) {
  return (
    <div className="eng-stack">
      {list.items.length > 0 && <Health workers={list.items} />}
      <ListTable
        label="Processes and nodes"
        list={list}
        columns={[
          'State',
          'Worker',
          { title: 'Runs', isNumber: true },
          'Last seen',
          { title: 'Executes agents by', className: 'eng-wide' },
          changeColumn,
        ]}
        empty={
          <Empty title="Nothing executes runs">
            Each server that was started does, also the one in your own program; more processes and nodes share its work.
          </Empty>
        }
        row={(worker) => <Row key={worker.id} worker={worker} onChange={list.retry} />}
      />
    </div>
  )
}

/** What all of them together can do now. */
function Health({ workers }: { workers: readonly Worker[] }) {
  const ready = workers.filter(({ status }) => status === 'active')
  const sum = (of: readonly Worker[], what: 'liveRuns' | 'capacity') => of.reduce((total, worker) => total + worker[what], 0)
  const lost = workers.filter(({ status }) => status === 'lost')
  return (
    <>
      <div className="eng-tiles">
        <Tile name="Take runs" figure={count(ready.length)} />
        <Tile name="Runs now" figure={count(sum(workers, 'liveRuns'))} note={`${count(sum(ready, 'capacity'))} fit at once`} />
        <Tile name="Lost" figure={count(lost.length)} />
      </div>
      {ready.length === 0 && (
        <div className="eng-notice" role="alert">
          Nothing takes runs: what is queued waits until a worker is started, or one that drains takes runs again.
        </div>
      )}
    </>
  )
}

interface RowProps {
  readonly worker: Worker
  onChange(): void
}

function Row({ worker, onChange }: RowProps) {
  const { name, host, pid, engineVersion, nodeKeyId, status, changedBy, liveRuns, capacity } = worker
  const isToldBySomebody = status === 'draining' && changedBy !== 'worker'
  return (
    <tr>
      <td>
        <Status of={status} />
        {isToldBySomebody && (
          <span className="eng-soft eng-small eng-row">
            by <Who kind={changedBy === 'system' ? 'system' : 'user'} id={changedBy} />
          </span>
        )}
      </td>
      <td>
        {name}
        <span className="eng-soft eng-small eng-block">
          {nodeKeyId === null ? 'process' : 'node'} {pid} on {host}, version {engineVersion}
        </span>
      </td>
      <td data-number>
        {count(liveRuns)} of {count(capacity)}
      </td>
      <td>
        <Time at={worker.seenAt} />
      </td>
      <td className="eng-soft eng-wide">{worker.adapters.length === 0 ? 'nothing' : worker.adapters.join(', ')}</td>
      <td>
        <Actions worker={worker} onChange={onChange} />
      </td>
    </tr>
  )
}

/** What may be done with it as it is; a process that has the database ends by its machine alone. */
function Actions({ worker: { id: workerId, name, status, nodeKeyId }, onChange }: RowProps) {
  const tell = useTell()
  const told = (said: string) => ({ onFailed: tell.failed, onDone: () => (onChange(), tell.done(said)) })
  const drain = useCommand('workers.drain', told(`${name} takes nothing new`))
  const resume = useCommand('workers.resume', told(`${name} takes runs again`))
  const revoke = useCommand('workers.revoke', told(`${name} is let in no more`))
  return (
    <span className="eng-row">
      {status === 'active' && (
        <Button does="workers.drain" disabled={drain.isRunning} onClick={() => drain.run({ workerId })}>
          Drain
        </Button>
      )}
      {status === 'draining' && (
        <Button does="workers.resume" disabled={resume.isRunning} onClick={() => resume.run({ workerId })}>
          Take runs again
        </Button>
      )}
      {nodeKeyId !== null && status !== 'stopped' && (
        <ConfirmButton
          does="workers.revoke"
          act="Revoke"
          title={`Revoke ${name}`}
          isRunning={revoke.isRunning}
          onAct={() => revoke.run({ workerId })}
        >
          <p>What it came with opens nothing from then on. Its runs are taken back when their leases run out, and run elsewhere.</p>
          <p>With its key it can register again: revoke that too where it should not.</p>
        </ConfirmButton>
      )}
    </span>
  )
}
