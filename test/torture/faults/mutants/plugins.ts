import type { Mutant } from '../mutant.ts'

const isolated = 'packages/core/src/plugin-host/isolated'
const hostile = (test: string) => ({ file: 'test/plugins-hostile.test.ts', test })
const harmless = hostile('fourteen hostile plugins harm nobody')

/** What keeps a plugin that is not trusted to itself. */
export const pluginFaults: readonly Mutant[] = [
  {
    name: 'plugins: one that sends without end is heard to the end',
    file: `${isolated}/process.ts`,
    find: 'count > limits.messagesPerSecond ? null : readMessage(line)',
    replace: 'readMessage(line)',
    caughtBy: harmless,
  },
  {
    name: 'plugins: one that closes its pipe ends the host',
    file: `${isolated}/process.ts`,
    find: "for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined)",
    replace: '',
    caughtBy: harmless,
  },
  {
    name: 'plugins: the memory of one is not weighed',
    file: `${isolated}/process.ts`,
    find: 'if (residentBytes(child.pid) > limits.memoryBytes)',
    replace: 'if (residentBytes(child.pid) < 0)',
    caughtBy: harmless,
  },
  {
    name: 'plugins: one asks in the name of a call that is over',
    file: `${isolated}/isolate.ts`,
    find: 'isolated.calls.get(during)',
    replace: '(isolated.calls.get(during) ?? [...isolated.calls.values()][0])',
    caughtBy: hostile('is asked nothing back when its call is over'),
  },
  {
    name: 'plugins: one does what it was not granted',
    file: 'packages/core/src/plugin-host/work.ts',
    find: "if (kind === 'trusted' || capabilities.operations.includes(name))",
    replace: "if (kind === 'trusted' || name !== '')",
    caughtBy: hostile('does in its own company what it was granted'),
  },
  {
    name: 'plugins: a policy lets all through when its plugin was stopped',
    file: 'packages/core/src/plugin-host/inside.ts',
    find: 'if (wasStopped && !isAbout',
    replace: "if (wasStopped && operation === '' && !isAbout",
    caughtBy: { file: 'test/plugins.test.ts', test: 'lets nothing through when its plugin was stopped for its failures' },
  },
  {
    name: 'plugins: a statement of one names a table of Engine',
    file: 'packages/core/src/plugin-host/tables.ts',
    find: 'if (foreign !== undefined) throw',
    replace: "if (foreign === '') throw",
    caughtBy: { file: 'test/plugins.test.ts', test: 'the tables of a plugin > refuse a statement on a table of Engine' },
  },
]
