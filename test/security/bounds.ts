import type { SecurityPromise } from './promise.ts'

/** How much there may be, and what is said and kept: limits, streams, logs, secrets, errors, statements, releases. */
export const bounds: readonly SecurityPromise[] = [
  {
    id: 'S13',
    title: 'Limits',
    promise:
      'A body of JSON has 2 MiB and 32 levels at most, a page 100 items, a comment 64 KiB, the log of a run 10 MiB. A key has so many requests a minute, a company so many at once, a caller 50 streams.',
    shownBy: [
      { file: 'packages/http/src/body.test.ts', test: 'is nested 32 levels deep at most' },
      { file: 'test/http-wire.test.ts', test: 'is answered 413, and the client sees it' },
      { file: 'test/http-wire.test.ts', test: 'is answered while it still is being sent, by a client that never ends' },
      { file: 'test/mcp.test.ts', test: 'is refused when it is too much, or not JSON' },
      { file: 'test/http-limits.test.ts', test: 'is answered 429 with a time when nothing is, and others go on' },
      { file: 'test/http-limits.test.ts', test: 'has so many requests under way at once' },
      { file: 'packages/core/src/runs/log-limits.test.ts', test: 'is ten megabytes by default, in chunks of 64 KiB' },
    ],
  },
  {
    id: 'S14',
    title: 'Streams',
    promise:
      'A stream carries the events of one company, asks again whether its reader may still read, holds no more than 1 MiB for them, and leaves nothing behind when they go.',
    shownBy: [
      { file: 'test/http-events.test.ts', test: 'carries only the events of its company' },
      { file: 'test/http-limits.test.ts', test: 'send no more than 1 MiB at once' },
      { file: 'test/http-limits.test.ts', test: 'end for a client that does not read on, with the word to come back' },
      { file: 'test/http-limits.test.ts', test: 'leave nothing behind after 2,000 clients that went away without a word' },
      { file: 'test/http-accounts.test.ts', test: 'ends in every process of the database' },
    ],
  },
  {
    id: 'S15',
    title: 'No secret in what is said or kept',
    promise:
      'The value of a secret that a run was given is blotted out of whatever that run says, in each of its usual encodings and wherever it is cut. Lines of the log are JSON that nothing in them takes apart, and hold no bodies.',
    shownBy: [
      { file: 'test/secrets-canary.test.ts', test: 'a secret that a real program was given and told everywhere is found nowhere else' },
      { file: 'test/secrets-sinks.test.ts', test: 'is in no answer, no stream, no package and no line of a command' },
      { file: 'packages/core/src/kernel/redactor.test.ts', test: 'no form of a value is left' },
      { file: 'test/run-logs.test.ts', test: 'wherever a call ends and the next begins' },
      { file: 'test/nodes.test.ts', test: 'say nothing with the value of a secret' },
      { file: 'packages/cli/src/logger.test.ts', test: 'is one line of JSON, which nothing in it takes apart' },
      { file: 'test/http-observation.test.ts', test: 'has one line a request, with who and what and how long, and nothing that was said' },
      { file: 'test/accounts.test.ts', test: 'in which no password and no token stands, nor anywhere else' },
    ],
    notShown: 'Forms that a program makes up, such as the letters backwards: what is looked for are the value, base64, URL, JSON and hex.',
  },
  {
    id: 'S16',
    title: 'Secrets',
    promise:
      'Secrets are sealed for their company, place and version: moved, they open nowhere. Programs get them as variables, never as arguments, and only those that are declared.',
    shownBy: [
      { file: 'test/secrets.test.ts', test: 'opens only where it sealed, for the same place, and nothing that was changed' },
      { file: 'test/secrets.test.ts', test: 'a sealed value that was moved opens nowhere else' },
      { file: 'test/secrets.test.ts', test: 'seals with the first of several keys and opens with all' },
      { file: 'test/secrets-places.test.ts', test: 'never becomes an argument of a program' },
      { file: 'packages/adapters/src/process/protocol.test.ts', test: 'is an environment without the secrets of the host' },
      { file: 'packages/adapters/src/process/process-tree.test.ts', test: 'shows no value of the configuration to other users' },
      { file: 'test/secrets-canary.test.ts', test: 'makes a key that only its owner may read, and uses it again' },
    ],
  },
  {
    id: 'S18',
    title: 'Cascades',
    promise:
      'Requests go eight levels down at most, a run makes twenty tasks at most, an agent is started five times an hour for one reason and task, and a budget stops everything in its scope at its limit. One call stops all runs of a company.',
    shownBy: [
      { file: 'test/tasks-fields.test.ts', test: 'is at most eight requests down, wherever it is moved' },
      { file: 'packages/core/src/runs/runaway.test.ts', test: 'the sixth run for one reason is one too many' },
      { file: 'test/budgets.test.ts', test: 'at its limit stops everything in its scope with one incident and one request' },
      { file: 'test/story.test.ts', test: 'a person pauses an agent, which stops its runs' },
      { file: 'test/cascades.test.ts', test: 'asks for no more than eight requests in a row' },
      { file: 'test/cascades.test.ts', test: 'makes as many as one run may' },
      { file: 'test/cascades.test.ts', test: 'is stopped with all others of its company by one call' },
    ],
  },
  {
    id: 'S22',
    title: 'SQL',
    promise:
      'Statements are built with placeholders. Text becomes SQL in migrations only; what lists are sorted and filtered by is a list of names. Every statement on rows of companies names the company.',
    shownBy: [
      { file: 'test/security-sources.test.ts', test: 'make SQL of text in migrations only' },
      { file: 'test/http-hostile-bodies.test.ts', test: 'stands $name in any of its fields' },
      { file: 'packages/testing/src/watch/watch.test.ts', test: 'looks for rows of any company is a violation' },
      { file: 'packages/core/src/kernel/page.test.ts', test: 'refuses %j as a cursor' },
    ],
  },
  {
    id: 'S23',
    title: 'What is installed',
    promise:
      'Core has twelve dependencies at most. No package of ours runs a script when it is installed, and none that we use may; versions are locked, come from the registry alone, and are a week old at least when they are chosen.',
    shownBy: [
      {
        file: 'test/security-sources.test.ts',
        test: 'have few dependencies, at exact versions in the lock, and no script of an installation',
      },
      { file: 'test/security-sources.test.ts', test: 'hold what is installed to the registry and to a week of age' },
    ],
    notShown:
      'A release: nothing is published yet, so there is no provenance to look at. `pnpm check` tries what a package would publish (`scripts/check-packages.mjs`).',
  },
  {
    id: 'S25',
    title: 'Errors',
    promise: 'An error is a problem document with the id of its request, and says nothing of the inside: no stack, no statement, no path.',
    shownBy: [
      { file: 'packages/http/src/problem.test.ts', test: 'says nothing of the inside about %s' },
      { file: 'test/http-hostile-bodies.test.ts', test: 'answers %s with a problem or a success' },
      { file: 'test/mcp.test.ts', test: 'on the wire is no failure of the server: %s' },
      { file: 'test/http-pages.test.ts', test: 'has an anchor for each code that a problem points to' },
      { file: 'test/http-observation.test.ts', test: 'to strangers without a reason, a path or a name of the inside' },
    ],
  },
  {
    id: 'S26',
    title: 'Reports of weaknesses',
    promise: 'SECURITY.md says how to report in private. Each advisory gets a regression test that is named after it.',
    shownBy: [{ file: 'test/security-proof.test.ts', test: 'says in SECURITY.md how to report a weakness, and leads to this page' }],
    notShown: 'A regression test of an advisory: there was none so far.',
  },
]
