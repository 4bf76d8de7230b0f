import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { inject } from 'vitest'

import { pglite } from '@engine/storage-postgres'
import { testStorage } from '@engine/testing/conformance'

import { pgliteTemplate } from './support/templates.ts'

testStorage({
  name: 'PGlite',
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'engine-conformance-'))
    cpSync(await pgliteTemplate(inject('templateFolder'), 'empty'), join(folder, 'data'), { recursive: true })
    const reopen = () => pglite(join(folder, 'data'))
    return { storage: reopen(), reopen, dispose: async () => rmSync(folder, { recursive: true, force: true }) }
  },
  skip: { 'several engines': 'PGlite serves one process and one engine at a time; it refuses the second one' },
})
