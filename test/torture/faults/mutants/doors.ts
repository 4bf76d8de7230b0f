import type { Mutant } from '../mutant.ts'

const browsers = (test: string) => ({ file: 'test/http-accounts.test.ts', test })

/** Who is let in over HTTP, and as whom. */
export const doorFaults: readonly Mutant[] = [
  {
    name: 'doors: the cookie of a session is enough to change something',
    file: 'packages/http/src/access/entrance.ts',
    find: 'if (!isRead(request) && !isCsrfToken(',
    replace: 'if (isRead(request) && !isCsrfToken(',
    caughtBy: browsers('changes nothing without the token of its own session'),
  },
  {
    name: 'doors: the cookie of a session is enough to say who accepts an invitation',
    file: 'packages/http/src/access/entrance.ts',
    find: "return session && isCsrfToken(visit.request.header('x-csrf-token'), session.credential) ? session : stranger",
    replace: 'return session ?? stranger',
    caughtBy: browsers('accepts an invitation as who is logged in with the token of that session only'),
  },
  {
    name: 'doors: a stream goes on when its key is revoked',
    file: 'packages/core/src/create-engine.ts',
    find: `    await mayListen()
    yield events`,
    replace: `    yield events`,
    caughtBy: { file: 'test/keys.test.ts', test: 'shows nothing of what happens after its key was revoked' },
  },
  {
    name: 'doors: an agent uses the credential of another one over MCP',
    file: 'packages/mcp/src/call.ts',
    find: "if (run?.kind !== 'run' || run.agentId !== caller.id)",
    replace: "if (run?.kind !== 'run')",
    caughtBy: { file: 'test/mcp.test.ts', test: 'can not act by the run of another agent' },
  },
]
