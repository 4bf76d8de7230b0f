import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { permissions, type Actor, type RunActor, type Scope } from '@engine/core'

import { createWorld, errorOf, type World } from './support/engine.ts'

/** Everybody whom the tables below speak of. */
const everybody = ['viewer', 'reviewer', 'operator', 'admin', 'owner', 'agent', 'run'] as const
type Who = (typeof everybody)[number]

const all = 'viewer reviewer operator admin owner agent run'
const humans = 'viewer reviewer operator admin owner'
const reviewers = 'reviewer operator admin owner'
const operators = 'operator admin owner'
const admins = 'admin owner'
const nobody = ''

/**
 * DOMAIN §5, written out: who may do what in their own company, with what is their own: the task of the run, and what belongs to
 * the agent. Written here by hand, so that a change of the kernel's table is a change of two.
 */
const matrix: Readonly<Record<Scope, string>> = {
  // read own company
  'companies:read': all,
  'members:read': all,
  'goals:read': all,
  'projects:read': all,
  'agents:read': all,
  'tasks:read': all,
  'routing:read': all,
  'comments:read': all,
  'documents:read': all,
  'attachments:read': all,
  'deliverables:read': all,
  'approvals:read': all,
  'runs:read': all,
  'events:read': all,
  'interactions:read': all,
  'knowledge:read': all,
  'routines:read': all,
  'preferences:read': all,
  'prices:read': all,
  'costs:read': all,
  // comment, create task
  'comments:create': `${reviewers} agent run`,
  'tasks:create': `${operators} agent run`,
  // change a checked-out task
  'tasks:work': `${operators} run`,
  // checkout
  'tasks:checkout': `${operators} agent run`,
  // submit deliverable, write documents and attachments, ask
  'deliverables:submit': `${operators} agent run`,
  'documents:write': `${operators} agent run`,
  'attachments:write': `${operators} agent run`,
  'approvals:request': `${operators} agent run`,
  'interactions:ask': `${operators} agent run`,
  'costs:report': `${operators} agent run`,
  'runs:work': 'run',
  // review, decide approvals
  'deliverables:review': reviewers,
  'approvals:decide': reviewers,
  'interactions:answer': reviewers,
  // plan
  'goals:manage': operators,
  'projects:manage': operators,
  'tasks:plan': operators,
  'runs:control': operators,
  'knowledge:write': operators,
  'routines:fire': operators,
  // hire, terminate, route; pause and resume
  'agents:manage': admins,
  'routing:manage': admins,
  'agents:pause': operators,
  // secrets, routines
  // budgets; of agents only a manager, which test/budgets-rules.test.ts is about
  'budgets:read': all,
  'budgets:manage': `${admins} agent`,
  'secrets:read': admins,
  'secrets:manage': admins,
  'routines:manage': admins,
  'routes:read': admins,
  'routes:manage': admins,
  // oneself
  'agents:self': 'agent run',
  'members:own': humans,
  'keys:own': humans,
  'invites:accept': humans,
  'accounts:enter': humans,
  'accounts:own': humans,
  'preferences:own': humans,
  'plugins:receive': humans,
  'routines:receive': humans,
  'runs:receive': humans,
  'nodes:register': humans,
  // members, keys, company settings
  'companies:manage': admins,
  'members:manage': admins,
  'keys:manage': admins,
  'plugins:manage': admins,
  'preferences:manage': admins,
  'prices:manage': admins,
  'audit:read': admins,
  // nobody of one company
  'companies:create': nobody,
  'accounts:manage': nobody,
  'accounts:govern': nobody,
  'workers:read': nobody,
  'workers:manage': nobody,
  'nodes:work': nobody,
  'engine:internal': nobody,
}

/** Who of these may do it also with what is another agent's, or of another task. */
const withOthers: Partial<Record<Scope, string>> = {
  'tasks:work': operators,
  'tasks:checkout': `${operators} agent`,
  'deliverables:submit': operators,
  'interactions:ask': operators,
  'documents:write': operators,
  'attachments:write': operators,
  'runs:work': nobody,
}

const reached = 'this call would have been handled'
const elsewhere = '01890000-0000-7000-8000-000000000001'

let world: World
const actors = new Map<Who, Actor>()
/** What each is told that they may not do. */
const refusals = new Map<Who, object>()

/** What every thing of the company is said to be while the calls are made; the kernel's own way from there to its decision is real. */
const place = { companyId: '', taskId: '', agentId: '', id: '' }

// The whole registry, with handlers that only tell that they were reached, and inputs that accept anything.
beforeAll(async () => {
  world = await createWorld({ agentMode: 'manual', checksOutputs: false })
  const { engine, companyId, agentId } = world
  const keep = async (who: Who, credential: string | null) => {
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error(`the key of ${who} is refused`)
    actors.set(who, actor)
    refusals.set(who, (await world.engine.as(actor).members.rights({ companyId })).refused)
  }
  for (const role of ['viewer', 'reviewer', 'operator', 'admin', 'owner'] as const) {
    const { key: token } = await engine.invites.create({ companyId, role })
    await keep(role, (await engine.invites.accept({ token, name: role })).key)
  }
  await keep('agent', (await engine.keys.create({ agentId, name: 'Laptop' })).key)
  const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
  await keep('run', (await engine.tasks.checkout({ taskId: task.id })).credential)
  for (const { definition } of engine.registry.operations) {
    const handle = async () => {
      throw new Error(reached)
    }
    Object.assign(definition, {
      input: z.looseObject({}),
      handle,
      batch: undefined,
      takesContent: undefined,
      takesSecret: undefined,
      prepare: undefined,
    })
    const { company } = definition.access
    if (company === 'new' || company === 'visible' || company === 'actor' || company === 'installation') continue
    Object.assign(engine.registry.entity(company), { locate: async () => ({ ...place }) })
  }
  return () => engine.stop()
})

function runOf(): RunActor {
  const actor = actors.get('run')
  if (actor?.kind !== 'run') throw new Error('there is no run')
  return actor
}

/** Who of everybody reaches the handler of an operation. */
async function whoMay(name: string): Promise<string> {
  const may: Who[] = []
  for (const who of everybody) {
    const actor = actors.get(who)
    if (!actor) throw new Error(`nobody is ${who}`)
    const answer = await world.engine.execute(name, { input: {}, actor }).then(
      () => 'answered',
      (error: unknown) => String(Object(error).code ?? Object(error).message),
    )
    if (answer === reached) may.push(who)
    else expect([name, who, answer]).toEqual([name, who, 'forbidden'])
  }
  return may.join(' ')
}

/** Who of everybody is not told that an operation is not for them. */
function whoIsNotRefused(name: string): string {
  return everybody.filter((who) => !(name in (refusals.get(who) ?? {}))).join(' ')
}

describe('every operation', () => {
  it('is for those whom the table names, when it is about their own', async () => {
    const { id, companyId, taskId, agentId } = runOf()
    Object.assign(place, { id, companyId, taskId, agentId })
    const found: Record<string, string> = {}
    const expected: Record<string, string> = {}
    for (const { name, definition } of world.engine.registry.operations) {
      const { scope, company } = definition.access
      // A person has no company that could be that of the call.
      expected[name] = company === 'actor' ? 'agent run' : matrix[scope]
      found[name] = await whoMay(name)
    }
    expect(found).toEqual(expected)
    expect(Object.keys(found).length).toBeGreaterThan(60)
  })

  it('that hosts offer is refused beforehand to those who may not, and to nobody else', () => {
    const offered = world.engine.registry.operations.filter(({ definition }) => definition.http !== undefined)
    for (const { name, definition } of offered) {
      const { scope, company } = definition.access
      expect([name, whoIsNotRefused(name)]).toEqual([name, company === 'actor' ? 'agent run' : matrix[scope]])
    }
    expect(refusals.get('viewer')).toMatchObject({ 'tasks.create': 'operator', 'agents.create': 'admin', 'companies.create': 'none' })
    expect(Object.keys(refusals.get('viewer') ?? {})).not.toContain('tasks.list')
    expect(offered.length).toBeGreaterThan(200)
  })

  it('is for fewer when it is about what others have', async () => {
    Object.assign(place, { id: elsewhere, companyId: runOf().companyId, taskId: elsewhere, agentId: elsewhere })
    const isAboutThing = (company: string) => !['new', 'visible', 'actor', 'installation'].includes(company)
    for (const { name, definition } of world.engine.registry.operations) {
      const { scope, company } = definition.access
      if (isAboutThing(company)) expect([name, await whoMay(name)]).toEqual([name, withOthers[scope] ?? matrix[scope]])
    }
  })

  it('tells nobody of another company that it has anything', async () => {
    Object.assign(place, { id: elsewhere, companyId: elsewhere, taskId: elsewhere, agentId: elsewhere })
    for (const { name, definition } of world.engine.registry.operations) {
      const { company, carriesCredential } = definition.access
      // Whoever has the token of an invitation is meant by it, and the handler looks at what a delivery is signed with.
      if (carriesCredential || ['new', 'visible', 'actor', 'installation'].includes(company)) continue
      for (const actor of actors.values()) {
        expect([name, (await errorOf(world.engine.execute(name, { input: {}, actor }))).code]).toEqual([name, 'not_found'])
      }
    }
  })

  it('has a scope with a row, and each row is for somebody or for Engine alone', () => {
    expect(Object.keys(matrix).toSorted()).toEqual(Object.keys(permissions).toSorted())
    for (const { name, definition } of world.engine.registry.operations)
      expect([name, definition.access.scope in matrix]).toEqual([name, true])
  })
})
