import { describe, expect, onTestFinished, test } from 'vitest'

import { createEngine, type Engine, type PriceBook } from '@engine/core'
import { PRICES_SPEC } from '@engine/core/plugin'

import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const dollar = 1_000_000
const rates = { inputMicros: 2 * dollar, outputMicros: 8 * dollar }
const haiku = { provider: 'anthropic', model: 'claude-haiku-4-5' }
const own = { provider: 'acme', model: 'house-model' }

/** A host that knows two models. */
const book: PriceBook = {
  spec: PRICES_SPEC,
  find({ provider, model }) {
    if (provider !== 'acme' && model !== 'claude-haiku-4-5') return null
    if (model === 'broken') throw new Error('the file is gone')
    if (model === 'wrong') return { inputMicros: -1, cachedInputMicros: 0, cacheWriteMicros: 0, outputMicros: 0, tiers: [] }
    return { inputMicros: 7, cachedInputMicros: 7, cacheWriteMicros: 7, outputMicros: 7, tiers: [] }
  },
}

async function withBook(prices: PriceBook): Promise<{ engine: Engine; companyId: string }> {
  const engine = await createEngine({ storage: await newStorage(), prices })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme', taskPrefix: 'ACM' })
  return { engine, companyId }
}

describe.each(['sqlite', 'postgres'])('on %s, the rate card of a company', (family) => {
  async function open() {
    const world = await createWorld({ storage: await newStorage(family) })
    onTestFinished(() => world.engine.stop())
    return world
  }

  test('goes before the list prices, from its time on and until it is taken off', async () => {
    const { engine, companyId } = await open()
    const find = async (at?: string) => engine.prices.find({ companyId, ...haiku, ...(at !== undefined && { at }) })
    expect(await find()).toMatchObject({ source: 'bundled', price: { inputMicros: dollar, cacheWriteMicros: 1_250_000 } })
    const price = await engine.prices.set({ companyId, ...haiku, ...rates, effectiveFrom: '2026-03-01T01:00:00+01:00' })
    expect(price).toMatchObject({ ...rates, cachedInputMicros: 2 * dollar, cacheWriteMicros: 2 * dollar, tiers: [], version: 1 })
    expect(price.effectiveFrom).toBe('2026-03-01T00:00:00.000Z')
    expect(await find('2026-02-28T23:59:59.999Z')).toMatchObject({ source: 'bundled' })
    expect(await find('2026-03-01T00:00:00.000Z')).toMatchObject({ source: 'company', price: { inputMicros: 2 * dollar } })
    await engine.prices.set({ companyId, ...haiku, inputMicros: 5, outputMicros: 6, effectiveFrom: '2026-04-01T00:00:00Z' })
    expect(await find('2026-03-31T12:00:00Z')).toMatchObject({ price: { inputMicros: 2 * dollar } })
    expect(await find('2026-04-01T00:00:00Z')).toMatchObject({ price: { inputMicros: 5 } })
    const { items } = await engine.prices.list({ companyId })
    expect(items.map((item) => item.inputMicros).toSorted((left, right) => left - right)).toEqual([5, 2 * dollar])
    for (const { id } of items) await engine.prices.remove({ priceId: id })
    expect(await find()).toMatchObject({ source: 'bundled' })
    expect(await errorOf(engine.prices.get({ priceId: price.id }))).toMatchObject({ code: 'not_found' })
  })

  test('counts by the most exact name, however new the others are', async () => {
    const { engine, companyId } = await open()
    const set = (model: string, inputMicros: number, effectiveFrom: string) =>
      engine.prices.set({ companyId, provider: 'acme', model, inputMicros, outputMicros: 1, effectiveFrom })
    await set('big-20260101', 1, '2026-01-01T00:00:00Z')
    await set('big', 2, '2026-02-01T00:00:00Z')
    await set('*', 3, '2026-03-01T00:00:00Z')
    const inputOf = async (model: string, provider = 'acme') =>
      (await engine.prices.find({ companyId, provider, model, at: '2026-06-01T00:00:00Z' })).price?.inputMicros
    expect(await inputOf('big-20260101')).toBe(1)
    expect(await inputOf('big-2026-05-05')).toBe(2)
    expect(await inputOf('big')).toBe(2)
    expect(await inputOf('small')).toBe(3)
    expect(await inputOf('small', 'elsewhere')).toBeUndefined()
  })

  test('has tiers in their order, whose cache costs what their input does', async () => {
    const { engine, companyId } = await open()
    const tier = (aboveInputTokens: number) => ({ aboveInputTokens, inputMicros: aboveInputTokens, outputMicros: 1 })
    const set = (tiers: ReturnType<typeof tier>[]) => engine.prices.set({ companyId, ...own, ...rates, tiers })
    const { tiers } = await set([tier(500), tier(100)])
    expect(tiers).toEqual([100, 500].map((tokens) => ({ ...tier(tokens), cachedInputMicros: tokens, cacheWriteMicros: tokens })))
    expect(await errorOf(set([tier(5), tier(5)]))).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('same size') })
  })

  test('is changed by who has read it, and each change is told', async () => {
    const { engine, companyId } = await open()
    const effectiveFrom = '2026-01-01T00:00:00.000Z'
    const set = (more: object = {}) => engine.prices.set({ companyId, ...own, ...rates, effectiveFrom, ...more })
    expect(await errorOf(set({ version: 1 }))).toMatchObject({ code: 'not_found' })
    const first = await set()
    expect(await set()).toEqual(first)
    expect(await set({ inputMicros: 3, version: 1 })).toMatchObject({ id: first.id, version: 2, inputMicros: 3 })
    expect(await errorOf(set({ inputMicros: 4, version: 1 }))).toMatchObject({ code: 'version_conflict' })
    expect(await errorOf(engine.prices.remove({ priceId: first.id, version: 1 }))).toMatchObject({ code: 'version_conflict' })
    await engine.prices.remove({ priceId: first.id })
    const { items } = await engine.events.list({ companyId })
    const told = items.filter(({ type }) => type.startsWith('price.'))
    expect(told.map(({ type, entity }) => [type, entity.version])).toEqual([
      ['price.set', 1],
      ['price.set', 2],
      ['price.removed', 3],
    ])
    expect(told[0]?.data).toEqual({ ...own, effectiveFrom })
  })

  test('is of that company alone', async () => {
    const { engine, companyId } = await open()
    const other = await engine.companies.create({ name: 'Other', taskPrefix: 'OTH' })
    await engine.prices.set({ companyId, ...own, ...rates })
    expect(await engine.prices.find({ companyId, ...own })).toMatchObject({ source: 'company' })
    expect(await engine.prices.find({ companyId: other.id, ...own })).toMatchObject({ source: null, price: null })
    expect((await engine.prices.list({ companyId: other.id })).items).toEqual([])
  })
})

test('the price book of the host goes before the list prices and after the rate card', async () => {
  const { engine, companyId } = await withBook(book)
  expect(await engine.prices.find({ companyId, ...haiku })).toMatchObject({ source: 'host', price: { inputMicros: 7 } })
  expect(await engine.prices.find({ companyId, provider: 'openai', model: 'gpt-5.4' })).toMatchObject({ source: 'bundled' })
  await engine.prices.set({ companyId, ...haiku, ...rates })
  expect(await engine.prices.find({ companyId, ...haiku })).toMatchObject({ source: 'company' })
})

test('a price book that can not be read, or says what is no price, is no reason to take another price', async () => {
  const { engine, companyId } = await withBook(book)
  for (const model of ['broken', 'wrong'])
    expect(await errorOf(engine.prices.find({ companyId, provider: 'acme', model }))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`${model} of acme`),
    })
})

test('a price book of another version of the port is refused', async () => {
  // What a host without types could pass.
  const prices = { ...book, spec: 'engine.prices.v9' } as unknown as PriceBook
  const error = await errorOf(createEngine({ storage: await newStorage(), prices }))
  expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('engine.prices.v9') })
})

test('a price that is no whole number of micro-dollars is refused', async () => {
  const { engine, companyId } = await createWorld()
  onTestFinished(() => engine.stop())
  for (const inputMicros of [-1, 0.5, 2 ** 53])
    expect(await errorOf(engine.prices.set({ companyId, ...own, outputMicros: 1, inputMicros }))).toMatchObject({ code: 'invalid_input' })
})
