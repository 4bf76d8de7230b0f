import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { pglite } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { testPlugin } from '@engine/testing/plugins'

import { notes } from './index.ts'

/** The same database each time that it is opened, gone when the test is over. */
function database(open: (path: string) => ReturnType<typeof sqlite>) {
  const folder = mkdtempSync(join(tmpdir(), 'engine-plugin-'))
  return { open: () => open(join(folder, 'data')), dispose: async () => rmSync(folder, { recursive: true, force: true }) }
}

testPlugin({
  name: 'notes',
  create: notes,
  storages: { sqlite: () => database(sqlite), pglite: () => database(pglite) },
  writes: { operation: 'add', input: { text: 'Remember the milk' } },
  reads: { operation: 'list', input: {} },
})
