import type { CompanyPrice } from '@engine/core/contract'

import { FieldError } from '../../data/failure.ts'
import type { OutputOf } from '../../data/operations.ts'
import type { Fields } from '../../parts/fields.ts'

export type Rates = Pick<CompanyPrice, 'inputMicros' | 'cachedInputMicros' | 'cacheWriteMicros' | 'outputMicros'>
export type Found = OutputOf<'prices.find'>

/** What tokens are charged for, in the order in which it is shown. */
export const rateNames = {
  inputMicros: 'Input',
  cachedInputMicros: 'Input from the cache',
  cacheWriteMicros: 'Input into the cache',
  outputMicros: 'Output',
} as const satisfies Readonly<Record<keyof Rates, string>>

const microsInDollar = 1_000_000
const mostDigits = 6

/** A rate to its last micro-dollar. Pure. */
export function rate(micros: number): string {
  return (micros / microsInDollar).toLocaleString('en-US', {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 2,
    maximumFractionDigits: mostDigits,
  })
}

/** As it is written into a field. Pure. */
export function inDollars(micros: number): string {
  return String(micros / microsInDollar)
}

/** Who says what a model costs, in words. Pure. */
export function sourceOf(source: Found['source']): string {
  if (source === null) return 'nobody'
  return { company: 'the rate card', host: 'the host of this server', bundled: 'the list prices of Engine' }[source]
}

/** All models of a provider that have no price of their own. */
export const anyModel = '*'

/** Pure. */
export function modelName(model: string): string {
  return model === anyModel ? 'all others' : model
}

/** What was written as rates; of the cache, what was left empty is left out. @throws {FieldError} for what is no amount */
export function readRates(fields: Fields) {
  const cachedInputMicros = maybeRate(fields, 'cachedInputMicros')
  const cacheWriteMicros = maybeRate(fields, 'cacheWriteMicros')
  return {
    inputMicros: readRate(fields, 'inputMicros'),
    outputMicros: readRate(fields, 'outputMicros'),
    ...(cachedInputMicros !== null && { cachedInputMicros }),
    ...(cacheWriteMicros !== null && { cacheWriteMicros }),
  }
}

function maybeRate(fields: Fields, name: keyof Rates): number | null {
  return fields.text(name) === '' ? null : readRate(fields, name)
}

function readRate(fields: Fields, name: keyof Rates): number {
  const text = fields.text(name).replaceAll(/[\s,$]/g, '')
  const dollars = Number(text)
  const micros = Math.round(dollars * microsInDollar)
  if (text === '' || !Number.isFinite(dollars) || dollars < 0)
    throw new FieldError(name, 'Write dollars for a million tokens, such as 3 or 0.25.')
  return micros
}
