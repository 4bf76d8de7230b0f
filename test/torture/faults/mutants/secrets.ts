import type { Mutant } from '../mutant.ts'

const secrets = (test: string) => ({ file: 'test/secrets.test.ts', test })

export const secretFaults: readonly Mutant[] = [
  {
    name: 'secrets: what a run says is not looked through',
    file: 'packages/core/src/kernel/said.ts',
    find: 'redaction ? redaction.redactor.redactAll(given.input) : given.input',
    replace: 'given.input',
    caughtBy: secrets('on sqlite > what a run says through its own calls is blotted out'),
  },
  {
    name: 'secrets: nobody knows which values a run has',
    file: 'packages/core/src/loops/execute-run.ts',
    find: 'if (secrets.length > 0) host.redactors.set(actor.id, { redactor, log: createRedactedLog(redactor) })',
    replace: '',
    caughtBy: secrets('on sqlite > what a run says through its own calls is blotted out'),
  },
  {
    name: 'secrets: the pieces of a log are looked through one by one',
    file: 'packages/core/src/kernel/said.ts',
    find: 'if (!redaction || !pieces) return',
    replace: 'if (pieces || !redaction) return',
    caughtBy: { file: 'test/run-logs.test.ts', test: 'the secrets of a run > are blotted out of what it logs by its own calls' },
  },
  {
    name: 'secrets: what a failed call said is remembered',
    file: 'packages/core/src/kernel/execute.ts',
    find: '    takeBack()',
    replace: '',
    caughtBy: { file: 'test/run-logs.test.ts', test: 'the secrets of a run > are blotted out also when a call in the middle of one fails' },
  },
  {
    name: 'secrets: output is cut before values are taken out of it',
    file: 'packages/adapters/src/program/run.ts',
    find: 'push: (chunk) => stream.push(decoder.write(chunk))',
    replace: 'push: (chunk) => decoder.write(chunk)',
    caughtBy: { file: 'packages/adapters/src/process/protocol.test.ts', test: 'the secrets of a run > are taken out before texts are cut' },
  },
  {
    name: 'secrets: nothing is held back',
    file: 'packages/core/src/kernel/redactor.ts',
    find: 'all.length - longestBeginning(all, forms).length',
    replace: 'all.length',
    caughtBy: { file: 'packages/core/src/kernel/redactor.test.ts', test: 'no form of a value is left' },
  },
  {
    name: 'secrets: what a marker stands for is forgotten at the next piece',
    file: 'packages/core/src/kernel/redactor.ts',
    find: 'covered = nextCovered',
    replace: 'covered = 0',
    caughtBy: { file: 'packages/core/src/kernel/redactor.test.ts', test: 'gives out one marker for values that overlap' },
  },
  {
    name: 'secrets: sealed for any place',
    file: 'packages/core/src/secrets/local-secrets.ts',
    find: '.setAAD(Buffer.from(associatedData))',
    replace: '',
    caughtBy: secrets('on sqlite > a sealed value that was moved opens nowhere else'),
  },
  {
    name: 'secrets: a keyed call is the same with another value',
    file: 'packages/core/src/kernel/secret-value.ts',
    find: "(input['value'] as SealedValue).fingerprint",
    replace: "''",
    caughtBy: secrets('on sqlite > a keyed call is told from another value'),
  },
  {
    name: 'secrets: whoever configures may name one',
    file: 'packages/core/src/secrets/uses.ts',
    find: "if (added.length > 0) assertMay(context, 'secrets:manage')",
    replace: '',
    caughtBy: secrets('on sqlite > only admins see secrets'),
  },
  {
    name: 'secrets: a disabled one is given out',
    file: 'packages/core/src/secrets/open.ts',
    find: "if (secret.status === 'disabled')",
    replace: "if (secret.status !== 'disabled' && secret.status !== 'active')",
    caughtBy: secrets('on sqlite > what names a secret already stays as it is'),
  },
  {
    name: 'secrets: nobody notes who got one',
    file: 'packages/core/src/runs/open.ts',
    find: 'if (accesses.length === 0) return',
    replace: 'return',
    caughtBy: secrets('on sqlite > who got a secret when is noted'),
  },
  {
    name: 'secrets: the references of a configuration are not kept',
    file: 'packages/core/src/agents/revisions.ts',
    find: 'if (changed.some((field) => configuring.has(field)))',
    replace: 'if (changed.length < 0)',
    caughtBy: secrets('on sqlite > a rotation counts from the next run on'),
  },
]
