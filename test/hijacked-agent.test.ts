import { describe, expect, it } from 'vitest'

import { permissions, type Operation, type Scope } from '@engine/core'

import { callHandler, createWorld } from './http-fixtures.ts'
import { furnishCompany, requestOf, type FurnishedCompany } from './http-routes.ts'

/** What an agent of any text may do: by the credential of its run for its own task, by its key for itself. */
const reachable: Readonly<Record<'run' | 'agent', readonly Scope[]>> = {
  run: scopesFor('run'),
  agent: scopesFor('agent'),
}

function scopesFor(kind: 'run' | 'agent'): Scope[] {
  // The names of the table are the scopes.
  return (Object.keys(permissions) as Scope[]).filter((scope) => permissions[scope][kind] !== 'never')
}

/** All that changes something. Whoever adds a word here gives it to every text that an agent reads. */
const writes: typeof reachable = {
  run: [
    'agents:self', 'tasks:create', 'tasks:checkout', 'tasks:work', 'comments:create', 'documents:write', 'attachments:write',
    'deliverables:submit', 'approvals:request', 'interactions:ask', 'costs:report', 'runs:work',
  ],
  agent: [
    'agents:self', 'tasks:create', 'tasks:checkout', 'comments:create', 'documents:write', 'attachments:write',
    'deliverables:submit', 'approvals:request', 'budgets:manage', 'interactions:ask', 'costs:report',
  ],
} // prettier-ignore

/** Who manages nobody sets no budget: there the command looks. */
const reachesNothing: readonly Scope[] = ['budgets:manage']
/** Another secret than the credential of the call is what counts there. */
const opensItself: readonly Scope[] = [
  'invites:accept',
  'accounts:enter',
  'routines:receive',
  'plugins:receive',
  'runs:receive',
  'nodes:register',
]

/** Effects that somebody who talks an agent into something would want. */
const prizes = [
  'agents.create', 'agents.update', 'agents.rollback', 'agents.resume', 'agents.pause', 'agents.terminate',
  'approvals.approve', 'approvals.reject', 'budgets.set', 'budgets.raise', 'budgets.resolveIncident', 'companies.create', 'companies.update',
  'companies.import', 'companies.merge', 'deliverables.review', 'invites.create', 'keys.create', 'keys.revoke', 'members.add', 'members.update',
  'nodes.createKey', 'plugins.configure', 'plugins.install', 'prices.set', 'routes.create', 'routes.update', 'routing.create', 'routines.create',
  'routines.addTrigger', 'secrets.create', 'secrets.rotate', 'secrets.bind', 'secrets.list', 'accounts.createLink', 'accounts.log',
  'accounts.giveOwnership', 'accounts.takeOwnership', 'accounts.delete',
] // prettier-ignore

describe.each(['run', 'agent'] as const)('an agent that does what a text tells it, with its %s', (kind) => {
  it('may do what is listed here, and nothing else', () => {
    expect(reachable[kind].filter((scope) => !scope.endsWith(':read'))).toEqual(writes[kind])
  })

  it('does nothing that its kind may not do, whatever it tries', async () => {
    const { engine, dump } = await createWorld()
    const company = await furnishCompany(engine, 'Acme')
    const call = callHandler({ engine })
    const credential = kind === 'run' ? company.credential : company.agentKey
    // A key notes its first use.
    await call('GET', '/api/companies', { credential })
    const before = await dump()
    const tried: string[] = []
    for (const operation of engine.registry.operations) {
      const { name, definition } = operation
      const { scope } = definition.access
      const isReached = reachable[kind].includes(scope) && !reachesNothing.includes(scope)
      if (!definition.http || isReached || opensItself.includes(scope)) continue
      for (const sent of attacks(operation, company)) {
        const answer = await call(definition.http[0], sent.path, { ...sent.sent, credential })
        expect([name, answer.status], answer.text).toEqual([name, expect.toBeOneOf([400, 403, 404])])
        tried.push(name)
      }
    }
    expect(await dump()).toBe(before)
    expect(tried.length).toBeGreaterThan(200)
    expect(prizes.filter((name) => !tried.includes(name))).toEqual([])
  })
})

/** The right request; and the same with a head that asks for more. */
function attacks({ name, definition }: Operation, company: FurnishedCompany) {
  const [method, path] = definition.http ?? ['GET', '']
  const { path: filled, sent } = requestOf({ name, method, path }, company, company)
  const asking = { 'x-actor': 'system', 'x-forwarded-for': '127.0.0.1', 'x-role': 'owner', 'x-run-id': company.runId }
  return [
    { path: filled, sent },
    { path: filled, sent: { ...sent, headers: asking } },
  ]
}
