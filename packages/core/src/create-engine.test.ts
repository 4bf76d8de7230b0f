import { expect, it } from 'vitest'

import { createEngine } from './create-engine.ts'

it.each([{}, { storage: './engine.db' }, { storage: { spec: 'engine.storage.v0' } }])('says what it needs to %j', async (given) => {
  // As a program without types says it.
  const options = given as Parameters<typeof createEngine>[0]
  await expect(createEngine(options)).rejects.toThrow(
    /^createEngine needs a storage of the spec engine\.storage\.v1, such as sqlite\('\.\/engine\.db'\) of @engine\/storage-sqlite/,
  )
})

const adapter = { spec: 'engine.adapter.v1', type: 'mine' }
const destination = { spec: 'engine.destination.v1', type: 'mine' }

it.each([
  [
    { adapters: [{ ...adapter, spec: 'engine.adapter.v0' }] },
    'The adapter "mine" speaks "engine.adapter.v0"; this engine knows "engine.adapter.v1".',
  ],
  [{ adapters: [() => adapter] }, 'The adapter "undefined" speaks "undefined"'],
  [{ adapters: [adapter, adapter] }, 'There are two adapters called "mine"'],
  [
    { adapters: [adapter], plugins: [{ id: 'other', version: '1.0.0', engine: '^1', adapters: [adapter] }] },
    'There are two adapters called "mine"',
  ],
  [{ destinations: [{ ...destination, spec: 'x' }] }, 'The destination "mine" speaks "x"'],
  [{ destinations: [destination, destination] }, 'There are two destinations called "mine"'],
  [{ blobs: {} }, 'The blob store speaks "undefined"'],
  [{ secrets: {} }, 'The secret store speaks "undefined"'],
  [{ anchors: {} }, 'The anchor store speaks "undefined"'],
  [{ prices: {} }, 'The price book speaks "undefined"'],
])('opens nothing with parts that do not fit: %j', async (given, reason) => {
  let isOpen = false
  const storage = { spec: 'engine.storage.v1', open: () => (isOpen = true) }
  const options = { storage, ...given } as unknown as Parameters<typeof createEngine>[0]
  await expect(createEngine(options)).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining(reason) })
  expect(isOpen).toBe(false)
})
