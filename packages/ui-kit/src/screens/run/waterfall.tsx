import { useList } from '../../data/use-operation.ts'
import { count, duration, money } from '../../parts/format.ts'
import { Card } from '../../parts/screen.tsx'
import { useNow } from '../../parts/time.tsx'
import { Table } from '../../parts/table.tsx'
import { toolCalls, waterfall, type Bar } from './calls.ts'
import type { RunData } from './run-data.ts'
import type { Log } from './use-log.ts'

/** What it did in the order of time: calls of models with what they cost, and tools with how long they took. */
export function Waterfall({ run, log }: { run: RunData; log: Log }) {
  const { items } = useList('costs.list', { companyId: run.companyId, runId: run.id })
  const now = useNow()
  const bars = waterfall({
    fromMs: Date.parse(run.startedAt ?? run.createdAt),
    toMs: run.finishedAt === null ? now : Date.parse(run.finishedAt),
    tools: toolCalls(log.chunks),
    models: items.map(({ id, model, provider, occurredAt }) => ({ id, name: model ?? provider, endsMs: Date.parse(occurredAt) })),
  })
  if (bars.length === 0) return null
  const costs = new Map(items.map((item) => [item.id, item]))
  return (
    <Card title={`Calls · ${bars.length}`} aside={<Legend />}>
      <Table
        label="Calls"
        columns={[
          'What',
          { title: 'When in the run', className: 'eng-call-line' },
          { title: 'Took', isNumber: true },
          { title: 'Tokens', isNumber: true },
          { title: 'Cost', isNumber: true },
        ]}
      >
        {bars.map((bar) => (
          <Row key={bar.id} bar={bar} cost={costs.get(bar.id)} />
        ))}
      </Table>
    </Card>
  )
}

function Legend() {
  return (
    <span className="eng-row eng-soft eng-small">
      <span className="eng-call-dot" data-kind="model" aria-hidden /> model
      <span className="eng-call-dot" data-kind="tool" aria-hidden /> tool
    </span>
  )
}

interface Cost {
  readonly inputTokens: number
  readonly cachedInputTokens: number
  readonly outputTokens: number
  readonly costMicros: number
}

function Row({ bar: { kind, name, left, width, durationMs, isFailed }, cost }: { bar: Bar; cost: Cost | undefined }) {
  const place = (element: HTMLElement | null) => {
    element?.style.setProperty('inset-inline-start', `${left}%`)
    element?.style.setProperty('inline-size', `${width}%`)
  }
  return (
    <tr>
      <td>
        {name} {kind === 'tool' && <span className="eng-hidden">, a tool</span>}
        {isFailed && <span className="eng-bad eng-small">failed</span>}
      </td>
      <td>
        <div className="eng-call-track" aria-hidden>
          <span className="eng-call-bar" data-kind={kind} data-failed={isFailed} ref={place} />
        </div>
      </td>
      <td data-number title={kind === 'model' ? 'At most: it began after what is above it.' : undefined}>
        {kind === 'model' && '≤ '}
        {duration(0, durationMs)}
      </td>
      <td data-number title={cost && `${count(cost.cachedInputTokens)} of the input were cached`}>
        {cost && `${count(cost.inputTokens)} → ${count(cost.outputTokens)}`}
      </td>
      <td data-number>{cost && money(cost.costMicros)}</td>
    </tr>
  )
}
