import { count, duration, money } from '../../parts/format.ts'
import { PlaceLink } from '../../parts/places.tsx'
import { Said } from '../../parts/said.tsx'
import { Card } from '../../parts/screen.tsx'
import { Status } from '../../parts/status.tsx'
import { Time, useNow } from '../../parts/time.tsx'
import { Table } from '../../parts/table.tsx'
import { WayOut } from '../../parts/way-out.tsx'
import { AgentName } from '../../parts/who.tsx'
import { codeOf, NextStep } from './next-step.tsx'
import type { RunItem } from './run-data.ts'
import { words } from '../../data/said.ts'

/** Runs with what they took, and of those that failed, why and what comes next. */
export function RunTable({ runs }: { runs: readonly RunItem[] }) {
  return (
    <Card>
      <Table
        label="Runs"
        columns={[
          'Run',
          'Agent',
          'Why',
          { title: 'Tokens', isNumber: true },
          { title: 'Cost', isNumber: true },
          { title: 'Took', isNumber: true },
          'Began',
        ]}
      >
        {runs.map((run) => (
          <Row key={run.id} run={run} />
        ))}
      </Table>
    </Card>
  )
}

function Row({ run }: { run: RunItem }) {
  const isTroubled = run.errorMessage !== null || run.next !== null
  return (
    <>
      <tr data-troubled={isTroubled}>
        <td>
          <PlaceLink to={{ screen: 'run', runId: run.id }} className="eng-row">
            <Status of={run.status} />
            {run.attempt > 1 && <span className="eng-soft eng-small">attempt {run.attempt}</span>}
          </PlaceLink>
        </td>
        <td>
          <AgentName id={run.agentId} />
        </td>
        <td className="eng-soft">{run.wakeReasons.map(words).join(', ')}</td>
        <td data-number>{count(run.usage.inputTokens + run.usage.outputTokens)}</td>
        <td data-number>{money(run.usage.costMicros)}</td>
        <td data-number>
          <Took run={run} />
        </td>
        <td>
          <Time at={run.startedAt ?? run.createdAt} />
        </td>
      </tr>
      {isTroubled && (
        <tr>
          <td colSpan={7}>
            {run.errorMessage !== null && (
              <p className="eng-bad">
                <Said text={run.errorMessage} />
              </p>
            )}
            <WayOut code={codeOf(run)} agentId={run.agentId} />
            <NextStep run={run} />
          </td>
        </tr>
      )}
    </>
  )
}

export function Took({ run }: { run: Pick<RunItem, 'startedAt' | 'finishedAt'> }) {
  const now = useNow()
  if (run.startedAt === null) return '–'
  return duration(Date.parse(run.startedAt), run.finishedAt === null ? now : Date.parse(run.finishedAt))
}
