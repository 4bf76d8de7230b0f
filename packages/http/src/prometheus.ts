import type { Metric } from '@engine/core'

/** The version of the text format that every monitor of this kind reads. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/** Figures as Prometheus reads them: text format 0.0.4. */
export function prometheusText(metrics: readonly Metric[]): string {
  return metrics.map(family).join('')
}

function family(metric: Metric): string {
  const { name, help, type } = metric
  const lines =
    type === 'histogram' ? metric.samples.flatMap((sample) => histogram(name, sample)) : metric.samples.map((each) => line(name, each))
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

type Reading = Extract<Metric, { type: 'histogram' }>['samples'][number]

function histogram(name: string, { labels, value }: Reading): string[] {
  const buckets = value.buckets.map(({ upTo, count }) => line(`${name}_bucket`, { labels: { ...labels, le: number(upTo) }, value: count }))
  const given = labels && { labels }
  return [...buckets, line(`${name}_sum`, { ...given, value: value.sum }), line(`${name}_count`, { ...given, value: value.count })]
}

function line(name: string, { labels = {}, value }: { labels?: Readonly<Record<string, string>>; value: number }): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text)}"`)
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${number(value)}\n`
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
