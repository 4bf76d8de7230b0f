import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { testStorage } from '@engine/testing/conformance'
import { expect, it } from 'vitest'

import { temporaryFolder } from '../../test/support/files.ts'
import { startProgram } from '../../test/support/processes.ts'
import { nodeSqlite } from './node-sqlite.ts'

testStorage({
  name: "a file of Node's own SQLite",
  async create() {
    const folder = mkdtempSync(join(tmpdir(), 'engine-custom-storage-'))
    const reopen = () => nodeSqlite(join(folder, 'engine.db'))
    return { storage: reopen(), reopen, dispose: async () => rmSync(folder, { recursive: true, force: true }) }
  },
})

it('keeps what an engine wrote for the next one', async () => {
  const program = startProgram(new URL('./main.ts', import.meta.url), { cwd: temporaryFolder() })
  expect(await program.exited, program.output()).toEqual({ code: 0, signal: null })
  expect(program.output()).toMatch(/^task\.created\n(.*\n)*task\.completed\nThe database is sound\.\n$/)
})
