import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

import { bundledBook } from './bundled.ts'
import { priceNames } from './model-names.ts'

const find = (provider: string, model: string, at = '2026-11-20T00:00:00.000Z') => bundledBook.find({ provider, model, at: new Date(at) })

it('looks for a model by its name, then without the date of its version, and guesses nothing', () => {
  expect(priceNames('claude-x-20260101')).toEqual(['claude-x-20260101', 'claude-x'])
  expect(priceNames('gpt-x-2026-01-31')).toEqual(['gpt-x-2026-01-31', 'gpt-x'])
  expect(priceNames('gpt-x-latest')).toEqual(['gpt-x-latest', 'gpt-x'])
  for (const name of ['claude-x', 'gpt-4.1-mini', 'gpt-4-0613', 'gemini-2.5-flash-preview-09-2025', '-20260101'])
    expect(priceNames(name)).toEqual([name])
})

it('knows list prices with their tiers', () => {
  const sonnet = find('anthropic', 'claude-sonnet-4-5-20250929')
  expect(sonnet).toEqual({
    inputMicros: 3_000_000,
    cachedInputMicros: 300_000,
    cacheWriteMicros: 3_750_000,
    outputMicros: 15_000_000,
    tiers: [
      {
        aboveInputTokens: 200_000,
        inputMicros: 6_000_000,
        cachedInputMicros: 600_000,
        cacheWriteMicros: 7_500_000,
        outputMicros: 22_500_000,
      },
    ],
  })
  expect(find('openai', 'gpt-5.4')?.tiers).toMatchObject([{ aboveInputTokens: 271_999, inputMicros: 5_000_000 }])
  expect(find('google', 'gemini-2.5-pro')?.outputMicros).toBe(10_000_000)
})

it('prefers the price of a version to that of its model', () => {
  expect(find('openai', 'gpt-4o-2024-05-13')?.inputMicros).toBe(5_000_000)
  expect(find('openai', 'gpt-4o-2024-11-20')?.inputMicros).toBe(2_500_000)
})

it('knows from when a price counts', () => {
  expect(find('google', 'gemini-3.8-flash', '2026-12-31T23:59:59.999Z')?.inputMicros).toBe(750_000)
  expect(find('google', 'gemini-3.8-flash', '2027-01-01T00:00:00.000Z')?.inputMicros).toBe(1_500_000)
})

it('knows no price of another model or provider', () => {
  expect([find('openai', 'gpt-99'), find('openai', 'gpt-5.4-huge'), find('nobody', 'gpt-5.4'), find('openai', '')]).toEqual([
    null,
    null,
    null,
    null,
  ])
})

it('is what the package that it was made from says', () => {
  const script = fileURLToPath(new URL('../../../../scripts/generate-prices.ts', import.meta.url))
  expect(execFileSync(process.execPath, ['--conditions=engine-source', script, '--check'], { encoding: 'utf8' })).toBe('')
})
