import { useEngine, useMay } from '../../data/provider.tsx'
import type { OutputOf } from '../../data/operations.ts'
import { useCommand, useList, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { count } from '../../parts/format.ts'
import { Card, Screen } from '../../parts/screen.tsx'
import { Empty } from '../../parts/states.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { EventList } from './event-list.tsx'

/** Everything that happened, and whether the record of it was tampered with. */
export function Activity() {
  const { companyId } = useEngine()
  const may = useMay()
  const list = useList('events.company', { companyId })
  return (
    <Screen title="Activity" isPadded>
      <div className="eng-columns">
        <div className="eng-stack">
          {list.isRead && list.items.length === 0 && (
            <Empty title="Nothing has happened yet">
              Each change in this company is written down here, by whom and when, and can not be taken out again.
            </Empty>
          )}
          <EventList of={list} />
        </div>
        {may('audit.status') && <Verify companyId={companyId} />}
      </div>
    </Screen>
  )
}

function Verify({ companyId }: { companyId: string }) {
  const { data } = useOperation('audit.status', { companyId })
  const tell = useTell()
  const verify = useCommand('audit.verify', { onFailed: tell.failed })
  return (
    <Card title="The record">
      <div className="eng-card-body eng-stack">
        {data && (
          <p>
            {data.newestSeal ? (
              <>
                Sealed to event {count(data.newestSeal.lastSeq)}, <Time at={data.newestSeal.sealedAt} />.
              </>
            ) : (
              'Nothing is sealed yet.'
            )}{' '}
            <span className="eng-soft">{count(data.unsealed.events)} events wait for their seal.</span>
          </p>
        )}
        {verify.output && <Verdict result={verify.output} />}
        <div>
          <Button does="audit.verify" disabled={verify.isRunning} onClick={() => verify.run({ companyId })}>
            {verify.isRunning ? 'Computing…' : 'Verify all seals'}
          </Button>
        </div>
      </div>
    </Card>
  )
}

type Verification = OutputOf<'audit.verify'>

function Verdict({ result }: { result: Verification }) {
  if (result.isSound)
    return (
      <div className="eng-notice" data-tone="busy" role="status">
        <p className="eng-strong">The record is sound</p>
        <p>
          {count(result.batches)} seals over {count(result.events)} events were computed again, and agree.
        </p>
      </div>
    )
  return (
    <div className="eng-notice" role="alert">
      <p className="eng-strong">The record was changed</p>
      {result.problems.map((problem) => (
        <p key={`${problem.kind} ${problem.number}`}>{problem.message}</p>
      ))}
    </div>
  )
}
