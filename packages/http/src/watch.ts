import { monitorEventLoopDelay } from 'node:perf_hooks'

import { createHistogram, type Engine, type Histogram, type Logger, type Metric } from '@engine/core'

import type { Exchange } from './exchange.ts'
import { prometheusText } from './prometheus.ts'

/** What is known of the requests of a server: counted for a monitor, written to its log. */
export interface Watch {
  /** Told each request when it is answered, a stream when it begins. */
  answered(exchange: Exchange, status: number): void
  /** Everything that a monitor reads, as Prometheus does. */
  text(engine: Engine, openStreams: number): Promise<string>
}

export function createWatch(logger: Logger | undefined): Watch {
  const durations = new Map<string, { readonly labels: Record<string, string>; readonly histogram: Histogram }>()
  let delay: ReturnType<typeof monitorEventLoopDelay> | undefined

  function count({ operation, method, route }: Exchange, given: { status: number; seconds: number }): void {
    const name = operation?.name ?? route
    const status = `${Math.floor(given.status / 100)}xx`
    const key = `${name} ${method} ${status}`
    let known = durations.get(key)
    if (!known) {
      known = { labels: { operation: name, method, status }, histogram: createHistogram() }
      durations.set(key, known)
    }
    known.histogram.observe(given.seconds)
  }

  return {
    answered(exchange, status) {
      const ms = performance.now() - exchange.startedAt
      count(exchange, { status, seconds: ms / 1000 })
      if (!logger) return
      const { requestId, method, route, actor, companyId } = exchange
      const who = actor && { actorKind: actor.kind, actorId: 'id' in actor ? actor.id : null }
      logger.info('request', { requestId, method, route, status, ms: Math.round(ms * 10) / 10, ...who, ...(companyId && { companyId }) })
    },
    async text(engine, openStreams) {
      // Measured from the first question on: who has no monitor pays nothing for it.
      if (!delay) {
        delay = monitorEventLoopDelay({ resolution: 20 })
        delay.enable()
      }
      const requests: Metric = {
        name: 'engine_http_request_seconds',
        help: 'How long requests took, by operation and class of status.',
        type: 'histogram',
        samples: [...durations.values()].map(({ labels, histogram }) => ({ labels, value: histogram.read() })),
      }
      const streams: Metric = gauge('engine_http_streams', 'Streams of events that are open.', openStreams)
      const figures = [requests, streams, ...(await engine.metrics()), ...processMetrics(delay.percentile(99) / 1e9, delay.max / 1e9)]
      delay.reset()
      return prometheusText(figures)
    },
  }
}

/** Under the names that monitors know them by. */
function processMetrics(lagSeconds: number, mostLagSeconds: number): Metric[] {
  const { rss, heapUsed, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  return [
    gauge('process_resident_memory_bytes', 'Memory of this process.', rss),
    gauge('nodejs_heap_size_used_bytes', 'Memory that JavaScript uses.', heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory that JavaScript holds outside of its heap.', external),
    {
      name: 'process_cpu_seconds_total',
      help: 'Time of a processor that this process used.',
      type: 'counter',
      samples: [{ value: (user + system) / 1e6 }],
    },
    gauge(
      'nodejs_eventloop_lag_p99_seconds',
      'How late the event loop turned since the last look, but for one turn in a hundred.',
      lagSeconds,
    ),
    gauge('nodejs_eventloop_lag_max_seconds', 'How late the event loop turned at most since the last look.', mostLagSeconds),
    gauge('process_uptime_seconds', 'How long this process runs.', process.uptime()),
  ]
}

function gauge(name: string, help: string, value: number): Metric {
  // Before anything was measured there is no number.
  return { name, help, type: 'gauge', samples: [{ value: Number.isFinite(value) ? value : 0 }] }
}
