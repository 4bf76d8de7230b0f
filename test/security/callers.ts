import type { SecurityPromise } from './promise.ts'

/** Who may call: access, keys, runs, browsers, MCP. */
export const callers: readonly SecurityPromise[] = [
  {
    id: 'S1',
    title: 'Deny by default',
    promise:
      'An operation without a declared scope and company does not register. A role counts only in its own company; to everybody else a thing is not there.',
    shownBy: [
      { file: 'packages/core/src/kernel/registry.test.ts', test: 'refuses an operation without declared access' },
      { file: 'packages/core/src/kernel/registry.test.ts', test: 'refuses an operation whose company cannot be found' },
      { file: 'test/http-isolation.test.ts', test: 'are absent for its %s on every route, word for word' },
      { file: 'test/http-isolation.test.ts', test: 'are in no list' },
      { file: 'test/http-references.test.ts', test: 'finds nothing of another company, in any operation' },
      { file: 'test/database-rules.test.ts', test: 'links every row of a company to rows of that company' },
      { file: 'test/http-wire.test.ts', test: 'is answered 401 on every route' },
      { file: 'test/mcp.test.ts', test: "find nothing of another company's, and change nothing there" },
      { file: 'test/permissions.test.ts', test: 'tells nobody of another company that it has anything' },
    ],
  },
  {
    id: 'S2',
    title: 'No unknown field',
    promise:
      'Every input is strict, down to its last object. Records of free names are those of a list with a reason for each; what becomes a command, a path or a URL is for admins, and checked by its adapter.',
    shownBy: [
      { file: 'packages/core/src/kernel/registry.test.ts', test: 'holds every operation of Engine: strict input' },
      { file: 'packages/core/src/kernel/registry.test.ts', test: 'has no input with free names but those that are listed' },
      { file: 'test/http-hostile-bodies.test.ts', test: 'answers %s with a problem or a success' },
      { file: 'test/approvals-hires.test.ts', test: 'is never written by an agent' },
      {
        file: 'packages/adapters/src/program/allowed.test.ts',
        test: 'refuses a configuration with a program that the host does not allow',
      },
      { file: 'packages/adapters/src/program/folders.test.ts', test: 'refuses a configuration with a folder that the host does not allow' },
    ],
  },
  {
    id: 'S4',
    title: 'Keys',
    promise:
      'A key is 256 random bits, shown once and kept as SHA-256. It is limited by scopes and an end; revoked, it opens nothing any more and ends its streams within a second.',
    shownBy: [
      { file: 'test/keys.test.ts', test: 'nowhere in the database' },
      { file: 'test/http-rules.test.ts', test: 'is in no row, as what it is or in any part that opens something' },
      { file: 'test/keys.test.ts', test: 'are refused at once when they are revoked, and from their end on' },
      { file: 'test/keys.test.ts', test: 'is limited to its scopes' },
      { file: 'test/keys.test.ts', test: 'whatever is wrong with a key, the answer is the same' },
      { file: 'test/keys.test.ts', test: 'a key is asked for as often by what is wrong with it' },
      { file: 'test/http-accounts.test.ts', test: 'ends with a key that is revoked, for streams by that key alone' },
      { file: 'test/http-accounts.test.ts', test: 'ends while nothing happens' },
    ],
    notShown: 'That wrong keys take the same time as each other: the work is counted in statements, no clock is read.',
  },
  {
    id: 'S5',
    title: 'Credentials of runs',
    promise:
      'The credential of a run is good for its own task and company, and dies with its lease. No number that a caller sends makes it another run.',
    shownBy: [
      { file: 'test/http-rules.test.ts', test: 'changes nothing by any route, and is told so' },
      { file: 'test/http-rules.test.ts', test: 'does not reach the work on another task or of another run' },
      { file: 'test/http-isolation.test.ts', test: 'for the run of one company, by its credential' },
      { file: 'test/external-agents.test.ts', test: 'is refused on every route that writes, and changes nothing' },
      { file: 'test/mcp.test.ts', test: 'can not act by the run of another agent' },
      { file: 'packages/testing/src/conformance/leases.ts', test: 'a run that lost its task is refused by its fence alone' },
      { file: 'test/nodes.test.ts', test: 'are refused on every route when they come back after their lease' },
    ],
  },
  {
    id: 'S6',
    title: 'Nothing is open at the start',
    promise:
      'No default password, no sign-up, no secret to fall back on. The first account comes by a link that works once; beyond loopback a server without accounts, TLS or a strong key does not start.',
    shownBy: [
      { file: 'test/http-accounts.test.ts', test: 'a server starts, or says why it does not %s' },
      { file: 'test/http-accounts.test.ts', test: 'a server starts, or says why it does not not with %s' },
      { file: 'test/serve-accounts.test.ts', test: 'does not start with $what' },
      { file: 'test/serve-accounts.test.ts', test: 'is set up by the link of its console, and by no other' },
      { file: 'test/secrets-canary.test.ts', test: 'engine serve does not start with %s' },
      { file: 'packages/core/src/accounts/strength.test.ts', test: 'is not "%s"' },
    ],
  },
  {
    id: 'S7',
    title: 'Browsers',
    promise:
      'A session is in a cookie that no page reads and no other site sends. A change needs JSON, the token of its session and an origin that is configured; Host is checked on loopback too, and only configured proxies are believed.',
    shownBy: [
      { file: 'test/http-accounts.test.ts', test: 'keeps its session in a cookie that no page reads and no other site sends' },
      { file: 'test/http-accounts.test.ts', test: 'changes nothing without the token of its own session, from another page, or by a form' },
      { file: 'test/http-accounts.test.ts', test: 'accepts an invitation as who is logged in with the token of that session only' },
      { file: 'packages/http/src/access/door.test.ts', test: 'for a page of "%s": %s' },
      { file: 'packages/http/src/access/door.test.ts', test: 'for the host "%s": %s' },
      { file: 'packages/http/src/local-guard.test.ts', test: 'is shut for a request that names "%s"' },
      { file: 'packages/http/src/local-guard.test.ts', test: 'is shut for a page of the origin "%s"' },
      { file: 'packages/http/src/access/proxies.test.ts', test: 'the address that a request comes from %s' },
      { file: 'test/http-board.test.ts', test: 'lets no script run that stands in a page or comes from elsewhere' },
    ],
  },
  {
    id: 'S17',
    title: 'Prompt injection',
    promise:
      'Whatever a task says to an agent, its keys reach what its kind of actor may do and nothing else: no configuration, no budget, no decision, no delivery. Approvals are about the payload that the decider read.',
    shownBy: [
      { file: 'test/hijacked-agent.test.ts', test: 'does nothing that its kind may not do, whatever it tries' },
      { file: 'test/hijacked-agent.test.ts', test: 'may do what is listed here, and nothing else' },
      { file: 'test/approvals.test.ts', test: 'is about the payload that the decider read' },
      { file: 'test/approvals.test.ts', test: 'decided by reviewers, and never by agents' },
      { file: 'test/approvals-hires.test.ts', test: 'is never written by an agent' },
      { file: 'packages/adapters/src/cli/run.test.ts', test: 'each text with its origin, and nothing of it in its arguments' },
      { file: 'test/mcp-clients.test.ts', test: 'is never answered by the client of an agent' },
    ],
    notShown:
      'That a model does not fall for a text. What it then calls is held by its permissions; what it does with the rights of its process (see the process adapter) is not.',
  },
  {
    id: 'S19',
    title: 'MCP',
    promise:
      'Each request is a server of its own, made for its key: there are no sessions to steal. Host and origin are checked as for the API; descriptions hold no text of a user.',
    shownBy: [
      { file: 'test/mcp.test.ts', test: 'never see what the other one asked for' },
      { file: 'test/mcp.test.ts', test: 'that names a session finds none' },
      { file: 'test/mcp.test.ts', test: 'from a page elsewhere, or by another name, is refused' },
      { file: 'test/mcp.test.ts', test: 'without a valid key is refused before anything is read' },
      { file: 'test/mcp.test.ts', test: 'are described without references, in one order, by the registry alone' },
      { file: 'test/mcp-permissions.test.ts', test: 'are shown to each kind of key as far as it may use them' },
      { file: 'test/torture-outside.test.ts', test: '$name find nothing wrong' },
    ],
  },
]
