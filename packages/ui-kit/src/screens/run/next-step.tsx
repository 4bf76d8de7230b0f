import { controls } from '../../data/said.ts'
import { useCommand } from '../../data/use-operation.ts'
import { Button } from '../../parts/button.tsx'
import { PlaceLink, usePlaces } from '../../parts/places.tsx'
import { Said } from '../../parts/said.tsx'
import { useTell } from '../../parts/toasts.tsx'
import { WayOut } from '../../parts/way-out.tsx'
import type { RunItem } from './run-data.ts'

type Run = Pick<RunItem, 'agentId' | 'taskId' | 'next'>

/** What is over when something is done with the task. */
const ofTask: ReadonlySet<string | null> = new Set(['task_blocked', 'task_held'])

/** What comes after a run by itself, or what a person can do so that something does. */
export function NextStep({ run: { next, agentId, taskId } }: { run: Run }) {
  if (next === null) return null
  return (
    <>
      <p className="eng-soft">
        <Said text={next.message} />
      </p>
      <WayOut code={next.code} agentId={agentId} />
      {(next.kind === 'waits' || ofTask.has(next.code)) && (
        <div>
          <PlaceLink to={{ screen: 'task', taskId }} className="eng-link">
            See the task
          </PlaceLink>
        </div>
      )}
      {next.runId !== null && (
        <div>
          <PlaceLink to={{ screen: 'run', runId: next.runId }} className="eng-link">
            The other run
          </PlaceLink>
        </div>
      )}
    </>
  )
}

/** By which error of Engine a run failed, where it was one. Pure. */
export function codeOf({ outcome }: Pick<RunItem, 'outcome'>): string | null {
  return outcome?.kind === 'failed' ? (outcome.code ?? null) : null
}

/** Whether nothing comes after a run unless somebody begins it again. Pure. */
export function canGoOn({ next }: Pick<Run, 'next'>): boolean {
  return next?.kind === 'blocked' || next?.kind === 'open'
}

/** Begins the task of a run that ended once more, and shows the new one. */
export function RunAgain({ runId }: { runId: string }) {
  const tell = useTell()
  const { go } = usePlaces()
  const retry = useCommand('runs.retry', { onFailed: tell.failed, onDone: ({ id }) => go({ screen: 'run', runId: id }) })
  return (
    <Button does="runs.retry" disabled={retry.isRunning} onClick={() => retry.run({ runId })}>
      {controls['runs.retry']}
    </Button>
  )
}
