import { expect, it } from 'vitest'

import { prometheusText } from './prometheus.ts'

it('writes each family with its help and type, and escapes what would break a line', () => {
  const text = prometheusText([
    { name: 'a_total', help: 'One\nof a \\ kind.', type: 'counter', samples: [{ value: 3 }, { labels: { of: 'a "b"\\\n' }, value: 0.5 }] },
    { name: 'none', help: 'Nothing yet.', type: 'gauge', samples: [] },
  ])
  expect(text).toBe(
    String.raw`# HELP a_total One\nof a \\ kind.
# TYPE a_total counter
a_total 3
a_total{of="a \"b\"\\\n"} 0.5
# HELP none Nothing yet.
# TYPE none gauge
`,
  )
})

it('writes a histogram with its buckets, the infinite one last, its sum and its count', () => {
  const buckets = [
    { upTo: 0.1, count: 1 },
    { upTo: Number.POSITIVE_INFINITY, count: 2 },
  ]
  const text = prometheusText([
    { name: 's', help: 'S', type: 'histogram', samples: [{ labels: { of: 'x' }, value: { buckets, sum: 4, count: 2 } }] },
  ])
  expect(text.split('\n').slice(2)).toEqual([
    's_bucket{of="x",le="0.1"} 1',
    's_bucket{of="x",le="+Inf"} 2',
    's_sum{of="x"} 4',
    's_count{of="x"} 2',
    '',
  ])
})
