import { expect, it } from 'vitest'

import { createEngine } from './create-engine.ts'

it.each([{}, { storage: './engine.db' }, { storage: { spec: 'engine.storage.v0' } }])('says what it needs to %j', async (given) => {
  // As a program without types says it.
  const options = given as Parameters<typeof createEngine>[0]
  await expect(createEngine(options)).rejects.toThrow(
    /^createEngine needs a storage of the spec engine\.storage\.v1, such as sqlite\('\.\/engine\.db'\) of @engine\/storage-sqlite/,
  )
})
