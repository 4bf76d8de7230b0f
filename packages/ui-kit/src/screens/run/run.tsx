import { useEffect, useRef } from 'react'

import { words } from '../../data/said.ts'
import { useRun } from '../../data/hooks.ts'
import { useCommand, useOperation } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { count, money } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Said } from '../../parts/said.tsx'
import { Card, Facts, Screen } from '../../parts/screen.tsx'
import { FailureNotice, Read } from '../../parts/states.tsx'
import { Status } from '../../parts/status.tsx'
import { Time } from '../../parts/time.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { WayOut } from '../../parts/way-out.tsx'
import { AgentName } from '../../parts/who.tsx'
import { codeOf, NextStep, RunAgain } from './next-step.tsx'
import { Reservation } from './reservation.tsx'
import type { RunData } from './run-data.ts'
import { Took } from './run-table.tsx'
import { useLog, type Log as LogData } from './use-log.ts'
import { Waterfall } from './waterfall.tsx'

const ended = new Set(['succeeded', 'failed', 'cancelled', 'timed_out', 'lost'])

/** One run while it goes on, and after: its log, its calls, what it took, and how to stop it. */
export function Run({ runId }: { runId: string }) {
  const reading = useRun(runId)
  return <Read of={reading}>{(run) => <Shown run={run} />}</Read>
}

function Shown({ run }: { run: RunData }) {
  const { data: task } = useOperation('tasks.get', { taskId: run.taskId })
  const log = useLog(run.id)
  const title = (
    <span className="eng-row">
      {task && (
        <PlaceLink to={{ screen: 'task', taskId: task.identifier }} className="eng-soft eng-mono eng-small eng-nowrap">
          {task.identifier}
        </PlaceLink>
      )}
      <span className="eng-cut">{task?.title ?? 'Run'}</span>
    </span>
  )
  return (
    <Screen title={title} actions={<Actions run={run} />} isPadded>
      <div className="eng-columns">
        <div className="eng-stack">
          <Trouble run={run} />
          <Waterfall run={run} log={log} />
          <Log log={log} />
        </div>
        <aside className="eng-stack" aria-label="About this run">
          <Reservation run={run} />
          <Card>
            <div className="eng-card-body">
              <RunFacts run={run} />
            </div>
          </Card>
        </aside>
      </div>
    </Screen>
  )
}

function Actions({ run }: { run: RunData }) {
  const tell = useTell()
  const cancel = useCommand('runs.cancel', { onFailed: tell.failed, onDone: () => tell.done('The run is stopped') })
  const isOver = ended.has(run.status)
  return (
    <>
      <Status of={run.status} />
      {!isOver && (
        <Button does="runs.cancel" look="bad" disabled={cancel.isRunning} onClick={() => cancel.run({ runId: run.id })}>
          Cancel the run
        </Button>
      )}
      {isOver && run.status !== 'succeeded' && <RunAgain runId={run.id} />}
    </>
  )
}

/** What went wrong in a word, where it is known. Pure. */
function titleOf({ errorClass, status }: RunData): string {
  return words(errorClass === null || errorClass === 'unknown' ? status : errorClass)
}

/** What went wrong, and what comes next by itself or by whom. */
function Trouble({ run }: { run: RunData }) {
  if (run.errorMessage === null && run.next === null) return null
  return (
    <div className="eng-notice" data-tone={run.errorMessage === null ? 'busy' : undefined}>
      {run.errorMessage !== null && (
        <p className="eng-strong">
          {titleOf(run)}: <Said text={run.errorMessage} />
        </p>
      )}
      <WayOut code={codeOf(run)} agentId={run.agentId} />
      <NextStep run={run} />
    </div>
  )
}

function Log({ log: { chunks, isComplete, error } }: { log: LogData }) {
  const element = useRef<HTMLPreElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (isAtEnd.current && element.current) element.current.scrollTop = element.current.scrollHeight
  }, [chunks])
  const noteScroll = () => {
    const { scrollTop = 0, scrollHeight = 0, clientHeight = 0 } = element.current ?? {}
    // Who reads further up is not pulled down.
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 40
  }
  return (
    <Card title="Log" aside={<span className="eng-soft eng-small">{isComplete ? 'complete' : 'live'}</span>}>
      {error !== null && <FailureNotice error={error} />}
      <pre className="eng-log" ref={element} onScroll={noteScroll} role="log" aria-label="Log of the run" tabIndex={0}>
        {chunks.length === 0 && <span className="eng-soft">{isComplete ? 'It said nothing.' : 'It has said nothing yet.'}</span>}
        {chunks.map(({ sequence, stream, text, droppedBytes }) => (
          <span key={sequence} data-stream={stream}>
            {droppedBytes > 0 && `… ${count(droppedBytes)} bytes are not kept …\n`}
            {text}
          </span>
        ))}
      </pre>
    </Card>
  )
}

function RunFacts({ run }: { run: RunData }) {
  return (
    <Facts
      of={[
        ['Agent', <AgentName key="agent" id={run.agentId} />],
        ['Attempt', String(run.attempt)],
        ['Why', run.wakeReasons.map(words).join(', ')],
        ['Adapter', run.adapter ? `${run.adapter.type} (${words(run.adapter.reason)})` : '–'],
        ['Tokens in', count(run.usage.inputTokens)],
        ['of it cached', count(run.usage.cachedInputTokens)],
        ['Tokens out', count(run.usage.outputTokens)],
        ['Cost', money(run.usage.costMicros)],
        ['Queued', <Time key="queued" at={run.createdAt} />],
        ['Took', <Took key="took" run={run} />],
        ['Outcome', run.outcome ? words(run.outcome.kind) : '–'],
      ]}
    />
  )
}
