import { describe, expect, it } from 'vitest'

import type { Actor } from './actor.ts'
import { decide } from './authorize.ts'
import { permissions, type Role, type Scope } from './permissions.ts'

const company = 'company-1'
const target = { id: 'task-1', companyId: company, taskId: 'task-1', agentId: 'agent-1' }
const user = (role: Role): Actor => ({ kind: 'user', id: 'u', roles: { [company]: role } })
const agent: Actor = { kind: 'agent', id: 'agent-1', companyId: company }
const run: Actor = { kind: 'run', id: 'run-1', companyId: company, agentId: 'agent-1', taskId: 'task-1', fence: 1 }
const ask = (actor: Actor, scope: Scope) => decide(actor, { scope, companyId: company, target })

// DOMAIN §5 once more, written out: who may, of viewer, reviewer, operator, admin, owner, agent, run.
const matrix: [Scope, string][] = [
  ['tasks:read', 'viewer reviewer operator admin owner agent run'],
  ['comments:create', 'reviewer operator admin owner agent run'],
  ['tasks:create', 'operator admin owner agent run'],
  ['tasks:work', 'operator admin owner run'],
  ['tasks:checkout', 'operator admin owner agent run'],
  ['deliverables:submit', 'operator admin owner agent run'],
  ['deliverables:review', 'reviewer operator admin owner'],
  ['agents:pause', 'operator admin owner'],
  ['agents:manage', 'admin owner'],
  ['companies:manage', 'admin owner'],
  ['engine:internal', ''],
]

describe('permissions', () => {
  it.each(matrix)('%s is for: %s', (scope, allowed) => {
    const actors: [string, Actor][] = [
      ...(['viewer', 'reviewer', 'operator', 'admin', 'owner'] as const).map((role): [string, Actor] => [role, user(role)]),
      ['agent', agent],
      ['run', run],
    ]
    const may = actors.filter(([, actor]) => ask(actor, scope) === 'allowed').map(([name]) => name)
    expect(may.join(' ')).toBe(allowed)
  })

  it('tell nobody of another company whether a thing exists', () => {
    for (const actor of [
      { kind: 'user', id: 'u', roles: { other: 'owner' } },
      { ...agent, companyId: 'other' },
      { ...run, companyId: 'other' },
    ] as Actor[]) {
      for (const scope of Object.keys(permissions) as Scope[]) expect(ask(actor, scope)).toBe('missing')
    }
  })

  it("refuse a run another task, and an agent another agent's deliverable", () => {
    const other = { ...target, taskId: 'task-2', agentId: 'agent-2' }
    expect(decide(run, { scope: 'tasks:work', companyId: company, target: other })).toBe('denied')
    expect(decide(agent, { scope: 'deliverables:submit', companyId: company, target: other })).toBe('denied')
  })

  it('let only an owner of everything found a company', () => {
    const found = (actor: Actor) => decide(actor, { scope: 'companies:create', companyId: null, target: null })
    expect(found({ kind: 'user', id: 'u', roles: { '*': 'owner' } })).toBe('allowed')
    expect(found({ kind: 'user', id: 'u', roles: { '*': 'admin' } })).toBe('denied')
    expect(found(user('owner'))).toBe('denied')
    expect(found(agent)).toBe('denied')
  })
})
