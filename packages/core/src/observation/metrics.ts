import { readLoad, type Load } from '../database/load.ts'
import type { EventBus, EventType } from '../kernel/events.ts'
import type { Histogram, HistogramReading } from '../kernel/histogram.ts'
import type { Host } from '../kernel/host.ts'
import type { DatabaseFile } from '../ports/storage.ts'

/** One figure with its parts: what a monitor reads, in no format. Names, labels and units are those of Prometheus; no label names a company or a person. */
export type Metric = { readonly name: string; readonly help: string } & (
  | { readonly type: 'gauge' | 'counter'; readonly samples: readonly Sample[] }
  | { readonly type: 'histogram'; readonly samples: readonly (Labelled & { readonly value: HistogramReading })[] }
)

interface Labelled {
  readonly labels?: Readonly<Record<string, string>>
}

interface Sample extends Labelled {
  readonly value: number
}

/** What this process counts while it works. */
export interface Counters {
  readonly events: ReadonlyMap<EventType, number>
  /** How long statements took; null where they are not timed. */
  readonly statements: Histogram | null
}

/** Counts the events that this process committed, from now on. */
export function createCounters(bus: EventBus, statements: Histogram | null): Counters {
  const events = new Map<EventType, number>()
  bus.onAny(({ type }) => void events.set(type, (events.get(type) ?? 0) + 1))
  return { events, statements }
}

interface Given {
  readonly counters: Counters
  readonly liveRuns: number
  /** Of a database that is a file. */
  readonly file: DatabaseFile | undefined
}

/** How it is now: counters of this process, and a few short looks into indices of the database, none of which grows with its rows. */
export async function readMetrics(host: Host, { counters, liveRuns, file }: Given): Promise<readonly Metric[]> {
  const load = await readLoad(host.db)
  const statements = counters.statements?.read()
  return [
    gauge('engine_live_runs', 'Runs that this process executes.', [{ value: liveRuns }]),
    gauge('engine_runs', 'Runs that wait or are under way, in the database; 10,000 of a state at most.', runsByStatus(load)),
    gauge('engine_queue_age_seconds', 'Age of the oldest queued run.', [{ value: ageOf(host, load, 'queued_runs') }]),
    gauge('engine_deliveries', 'Deliveries that are open, by status; 10,000 at most.', byStatus(load, 'deliveries')),
    gauge('engine_delivery_lag_seconds', 'How long the most overdue delivery is due.', [{ value: ageOf(host, load, 'deliveries') }]),
    gauge('engine_budget_holds', 'Amounts that are held for calls and runs under way; 10,000 at most.', byStatus(load, 'budget_holds')),
    gauge('engine_breakers', 'Providers that cool or are tried, by status.', byStatus(load, 'breakers')),
    {
      ...counterOf('engine_events_total', 'Events that this process recorded, by type.'),
      samples: [...counters.events].map(([type, value]) => ({ labels: { type }, value })),
    },
    {
      ...counterOf('engine_leases_lost_total', 'Runs that this process took back from a silent worker.'),
      samples: [{ value: counters.events.get('run.lost') ?? 0 }],
    },
    // A reader that never ends keeps it from shrinking (PROMISES D7).
    ...(file
      ? [gauge('engine_wal_bytes', 'What is committed to a SQLite file and not yet moved into it.', [{ value: await file.walBytes() }])]
      : []),
    ...(statements ? [{ ...statementsOf, samples: [{ value: statements }] }] : []),
    {
      ...counterOf('engine_loop_failures', 'Passes of a loop that failed one after the other, until now.'),
      type: 'gauge',
      samples: [...host.vitals].map(([loop, { failures }]) => ({ labels: { loop }, value: failures })),
    },
    gauge(
      'engine_loop_last_pass_seconds',
      'How long ago the last pass of a loop ended.',
      [...host.vitals].map(([loop, { lastMs }]) => ({ labels: { loop }, value: (host.clock.monotonicMs() - lastMs) / 1000 })),
    ),
  ]
}

const statementsOf = { name: 'engine_statement_seconds', help: 'How long statements of the database took.', type: 'histogram' } as const

function counterOf(name: string, help: string) {
  return { name, help, type: 'counter' } as const
}

function gauge(name: string, help: string, samples: readonly Sample[]): Metric {
  return { name, help, type: 'gauge', samples }
}

function runsByStatus(load: readonly Load[]): Sample[] {
  return load
    .filter(({ what }) => what === 'queued_runs' || what === 'waiting_runs' || what === 'leases')
    .map(({ state, count }) => ({ labels: { status: state }, value: count }))
}

function byStatus(load: readonly Load[], kind: Load['what']): Sample[] {
  return load.filter(({ what }) => what === kind).map(({ state, count }) => ({ labels: { status: state }, value: count }))
}

/** Seconds since the oldest of a kind; 0 when there is none, or it is still to come. */
export function ageOf({ clock }: Pick<Host, 'clock'>, load: readonly Load[], kind: Load['what']): number {
  const times = load.flatMap(({ what, oldest }) => (what === kind && oldest !== null ? [Date.parse(oldest)] : []))
  return times.length === 0 ? 0 : Math.max(0, clock.now() - Math.min(...times)) / 1000
}
