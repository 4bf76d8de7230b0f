/** One figure as it stands in the text format 0.0.4 of Prometheus. */
export interface Family {
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const name = String.raw`[a-zA-Z_:][\w:]*`
const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`
const line = new RegExp(String.raw`^(${name})(?:\{(${label}(?:,${label})*)?\})? (\S+)$`)
const number = /^([+-]?Inf|NaN|-?\d+(\.\d+)?([eE][+-]?\d+)?)$/

/** Reads the text as a monitor does. @throws for whatever `promtool check metrics` refuses */
export function readPrometheus(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const families = new Map<string, { type: string; help: string; samples: Sample[] }>()
  let current = ''
  let help = ''
  for (const written of text.slice(0, -1).split('\n')) {
    const [, kind, about = '', rest = ''] = new RegExp(String.raw`^# (HELP|TYPE) (${name}) (.*)$`).exec(written) ?? []
    if (kind === 'HELP') help = rest
    else if (kind === 'TYPE') {
      if (families.has(about)) throw new Error(`${about} comes twice`)
      if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw new Error(`${about} is of no type: ${rest}`)
      if (help === '') throw new Error(`${about} has no help`)
      if ((rest === 'counter') !== about.endsWith('_total')) throw new Error(`${about}: counters, and nothing else, end with _total`)
      families.set(about, { type: rest, help, samples: [] })
      current = about
      help = ''
    } else readSample(families, current, written)
  }
  for (const [about, { type, samples }] of families) if (type === 'histogram') checkHistogram(about, samples)
  return families
}

function readSample(families: ReadonlyMap<string, { type: string; samples: Sample[] }>, current: string, written: string): void {
  const [, given = '', pairs = '', value = ''] = line.exec(written) ?? []
  const family = families.get(current)
  if (given === '' || !number.test(value) || !family) throw new Error(`this is no sample: ${written}`)
  const ends = family.type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
  if (!ends.some((end) => given === current + end)) throw new Error(`${given} stands among the samples of ${current}`)
  const labels = Object.fromEntries([...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [key, text]))
  const sample = { name: given, labels, value: value.endsWith('Inf') ? Number(`${value}inity`) : Number(value) }
  const key = (each: Sample) => `${each.name} ${JSON.stringify(Object.entries(each.labels).map(String).toSorted())}`
  if (family.samples.some((other) => key(other) === key(sample))) throw new Error(`${written} comes twice`)
  family.samples.push(sample)
}

function checkHistogram(about: string, samples: readonly Sample[]): void {
  const series = Map.groupBy(samples, ({ labels: { le: _le, ...rest } }) => JSON.stringify(rest))
  for (const each of series.values()) {
    const buckets = each.filter((sample) => sample.name === `${about}_bucket`)
    const count = each.find((sample) => sample.name === `${about}_count`)?.value
    const grows = buckets.every((bucket, index) => index === 0 || bucket.value >= (buckets[index - 1]?.value ?? 0))
    if (!grows) throw new Error(`the buckets of ${about} do not grow`)
    if (buckets.at(-1)?.labels['le'] !== '+Inf' || buckets.at(-1)?.value !== count) throw new Error(`${about} has no last bucket with all`)
    if (!each.some((sample) => sample.name === `${about}_sum`)) throw new Error(`${about} has no sum`)
  }
}
