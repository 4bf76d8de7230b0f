import { resolve } from 'node:path'

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes about twenty seconds or more, the longest first. The others follow by what the runner knows of them, at first their size. */
export const longest: readonly string[] = [
  'test/torture-outside.test.ts',
  'test/torture-ownership.test.ts',
  'test/torture-crashes.test.ts',
  'test/http-hostile-bodies.test.ts',
  'test/board.test.ts',
  'test/cli.test.ts',
  'test/conformance-pglite.test.ts',
  'test/board-governance.test.ts',
  'test/board-work.test.ts',
  'test/torture-money.test.ts',
  'test/torture-keys.test.ts',
  'test/blocked-loops.test.ts',
  'test/worker-processes.test.ts',
  'test/faults.test.ts',
  'test/races.test.ts',
  'test/board-rights.test.ts',
  'test/board-frames.test.ts',
  'test/maintenance-commands.test.ts',
  'test/verify.test.ts',
  'test/damaged.test.ts',
  'test/board-steering.test.ts',
  'test/board-forms.test.ts',
  'plugins/foureyes/src/kit.test.ts',
  'plugins/notes/src/kit.test.ts',
  'test/mcp.test.ts',
  'test/docs-storage.test.ts',
  'test/conformance-pgbouncer.test.ts',
  'test/interactions-waiting.test.ts',
  'test/routines-schedule.test.ts',
  'packages/adapters/src/cli/kit.test.ts',
  'test/join.test.ts',
  'test/approvals-kill.test.ts',
]

const root = resolve(import.meta.dirname, '../..')

/** A long file that begins last keeps one core busy and all others idle. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const ofName = new Map(sorted.map((file) => [file.moduleId, file]))
    const first = longest.flatMap((name) => ofName.get(resolve(root, name)) ?? [])
    return [...new Set([...first, ...sorted])]
  }
}
