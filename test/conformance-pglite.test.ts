import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pglite } from '@engine/storage-postgres'
import { testStorage } from '@engine/testing/conformance'

testStorage({
  name: 'PGlite',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'engine-conformance-'))
    const reopen = () => pglite(join(folder, 'data'))
    return { storage: reopen(), reopen, dispose: async () => rmSync(folder, { recursive: true, force: true }) }
  },
  skip: { 'several engines': 'PGlite serves one process and one engine at a time; it refuses the second one' },
})
