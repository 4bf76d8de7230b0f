import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { sqlite } from '@engine/storage-sqlite'
import { testStorage } from '@engine/testing/conformance'

testStorage({
  name: 'SQLite in memory',
  create: async () => ({ storage: sqlite(':memory:'), dispose: async () => undefined }),
  skip: { 'several engines': 'a database in memory belongs to one engine' },
})

testStorage({
  name: 'a SQLite file',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'engine-conformance-'))
    const reopen = () => sqlite(join(folder, 'engine.db'))
    return { storage: reopen(), reopen, dispose: async () => rmSync(folder, { recursive: true, force: true }) }
  },
})
