import type { Price, PriceBook, Rates } from '../ports/prices.ts'
import { PRICES_SPEC } from '../ports/prices.ts'
import { bundledPrices } from './bundled-table.ts'
import { priceNames } from './model-names.ts'

interface Dated {
  readonly from: string
  readonly price: Price
}

/** Public list prices that come with Engine, as they were when it was released. */
export const bundledBook: PriceBook = {
  spec: PRICES_SPEC,
  find({ provider, model, at }) {
    const known = book()
    const time = at.toISOString()
    for (const name of priceNames(model)) {
      const dated = known.get(key(provider, name))
      if (dated) return dated.findLast(({ from }) => from <= time)?.price ?? null
    }
    return null
  },
}

let parsed: ReadonlyMap<string, readonly Dated[]> | undefined

/** Read when it is first asked: most processes never do. */
function book(): ReadonlyMap<string, readonly Dated[]> {
  return (parsed ??= parse(bundledPrices))
}

/** Lines of `provider name,name [@date] input cached written output [>tokens input cached written output]`, in dollars, by date. */
function parse(table: string): ReadonlyMap<string, readonly Dated[]> {
  const prices = new Map<string, Dated[]>()
  for (const line of table.split('\n').filter((text) => text !== '')) {
    const [head = '', ...tiers] = line.split(' >')
    const [provider = '', names = '', ...rest] = head.split(' ')
    const from = rest[0]?.startsWith('@') ? (rest.shift() ?? '').slice(1) : ''
    const dated = { from, price: { ...ratesOf(rest), tiers: tiers.map(tierOf) } }
    for (const name of names.split(',')) prices.set(key(provider, name), [...(prices.get(key(provider, name)) ?? []), dated])
  }
  return prices
}

function tierOf(text: string) {
  const [above, ...rates] = text.split(' ')
  return { aboveInputTokens: Number(above), ...ratesOf(rates) }
}

function ratesOf([input, cached, written, output]: readonly string[]): Rates {
  const micros = (dollars: string | undefined) => Math.round(Number(dollars) * 1_000_000)
  return {
    inputMicros: micros(input),
    cachedInputMicros: micros(cached),
    cacheWriteMicros: micros(written),
    outputMicros: micros(output),
  }
}

function key(provider: string, name: string): string {
  return `${provider} ${name}`
}
