import { describe, expect, it, onTestFinished, vi } from 'vitest'

import type { Operation } from '@engine/core'
import { localOperator } from '@engine/http'

import { callHandler, createWorld, type Answer, type Sent, type World } from './http-fixtures.ts'
import { furnishCompany, requestOf, type FurnishedCompany, type Route } from './http-routes.ts'
import { hostile, inside, values } from './support/hostile.ts'

const seed = Number(process.env['ENGINE_SEED'] ?? 0)

describe('whatever is sent to it, a route', () => {
  it.each(hostile)('answers %s with a problem or a success, and changes nothing when it refuses', async (_, body) => {
    const answered = await everyRoute((route) => [{ method: route.method, body }])
    expect(answered.filter(({ status }) => status >= 400).length).toBeGreaterThan(10)
  })

  // Each field meets every other of the values, its neighbour the ones between; the next seed turns that round, and `pnpm torture
  // --only http-bodies` has no such limit.
  it.each(values.map(([name, value], index) => ({ name, value, index })))(
    'stands $name in any of its fields, all others being right',
    async ({ value, index }) => {
      const isItsTurn = (_: string, position: number) => (position + index + seed) % 2 === 0
      const answered = await everyRoute((route, company) =>
        route.fields.filter(isItsTurn).map((field) => requestWith(route, rightBody(route, company), { field, value })),
      )
      expect(answered.length).toBeGreaterThan(100)
    },
  )

  it('takes right values, so that what is refused above is refused for its wrong ones', async () => {
    const answered = await everyRoute((route, company) => [{ method: route.method, body: rightBody(route, company) }])
    const refused = answered.filter(({ status }) => status >= 400).map(({ name }) => name)
    expect(refused).toEqual(refusedWhatever)
    expect(answered.length).toBeGreaterThan(35)
  })
})

describe('what judges that a refusal changed nothing', () => {
  it.each([
    { clock: 'held', isHeld: true, says: 'nothing' },
    { clock: 'running', isHeld: false, says: 'that a key is used' },
  ])('sees $says when it is held up for minutes with its clock $clock', async ({ isHeld }) => {
    const { engine, clock, changes } = await createWorld()
    const { agentKey } = await furnishCompany(engine, 'Acme')
    if (isHeld) clock.hold()
    await engine.authenticate(agentKey)
    const before = await changes()
    const later = Date.now() + 300_000
    const dates = vi.spyOn(Date, 'now').mockImplementation(() => later)
    onTestFinished(() => dates.mockRestore())
    await engine.authenticate(agentKey)
    expect((await changes()) === before).toBe(isHeld)
  })
})

/** What the company of these tests is not in the state for, or the person at the machine is not one for. */
const refusedWhatever = [
  'companies.resume',
  'members.updateOwn',
  'members.disable',
  'members.enable',
  'members.remove',
  'members.getOwn',
  'keys.createOwn',
  // Nobody is logged in.
  'accounts.logOut',
  'accounts.changePassword',
  'accounts.deleteOwn',
  'accounts.me',
  'sessions.revoke',
  'sessions.revokeOthers',
  'sessions.list',
  'agents.resume',
  'agents.rollback',
  'agents.me',
  'tasks.delete',
  'tasks.next',
  'tasks.mine',
  'tasks.inbox',
  // The run is one that nobody calls back for.
  'runs.receiveCallback',
  'runs.retry',
  // A version has none before it, and no files.
  'deliverables.diff',
  'deliverables.file',
  'approvals.resubmit',
  // A question is answered, a bound secret is kept, a webhook has its key, and what works is not resumed.
  'interactions.accept',
  'interactions.reject',
  'secrets.delete',
  'routines.receive',
  'routines.resume',
  // What works is not enabled, and a plugin's webhook takes its own key.
  'plugins.enable',
  'plugins.receive',
  // A worker that drains is resumed, one that registered with a key is let go, and only a node speaks as one.
  'workers.resume',
  'workers.revoke',
  'nodes.heartbeat',
  'nodes.lease',
  'nodes.recordUsage',
  'nodes.leave',
]

interface Target extends Route {
  readonly scope: string
  /** What it changes is not of one company. */
  readonly isOfInstallation: boolean
  /** What it takes beside its path. */
  readonly fields: readonly string[]
}

function targetOf({ name, definition }: Operation): Target | null {
  if (!definition.http) return null
  const [method, path] = definition.http
  const fields = Object.keys(definition.input.shape).filter((field) => !path.includes(`:${field}`))
  const isOfInstallation = ['installation', 'new', 'visible', 'actor'].includes(definition.access.company)
  return { name, method, path, scope: definition.access.scope, isOfInstallation, fields }
}

interface Request extends Sent {
  readonly method: string
  readonly query?: string
}

/** What a route takes, as JSON; bytes are what they are. */
function rightBody(route: Route, company: FurnishedCompany): Record<string, unknown> {
  const { body } = requestOf(route, company, company).sent
  return typeof body === 'object' && body !== null ? { ...body } : {}
}

function requestWith(route: Target, fine: Record<string, unknown>, { field, value }: { field: string; value: string }): Request {
  if (route.method === 'GET') return { method: 'GET', query: `${field}=${encodeURIComponent(plain(value))}` }
  const { [field]: _, ...others } = fine
  const members = Object.entries(others).map(([name, right]) => `${JSON.stringify(name)}:${JSON.stringify(right)}`)
  return { method: route.method, body: `{${[...members, `${JSON.stringify(field)}:${value}`].join(',')}}` }
}

/** A JSON value as a query has it: a text without quotes, and nothing that UTF-8 can not say. */
function plain(json: string): string {
  const value: unknown = JSON.parse(json)
  return typeof value === 'string' ? value.toWellFormed() : json
}

interface Answered {
  readonly name: string
  readonly status: number
}

/** Sends requests to each registered route and judges every answer; whatever one of them changed is undone for the next. */
async function everyRoute(requests: (route: Target, company: FurnishedCompany) => Request[]): Promise<Answered[]> {
  const answered: Answered[] = []
  let given = await createTarget()
  for (const operation of given.engine.registry.operations) {
    const route = targetOf(operation)
    if (!route) continue
    for (const request of requests(route, given.company)) {
      const { company, call, before } = given
      const credential = route.scope === 'runs:work' ? { credential: company.credential } : {}
      const answer = await call(request.method, withQuery(pathOf(route, company), request.query), { ...request, ...credential })
      judge(route.name, answer)
      answered.push({ name: route.name, status: answer.status })
      const isCounted = answer.status === 401 && countsTries.has(route.name)
      if (answer.status >= 400 && !isCounted)
        expect(await seen(given), `${route.name} refused by ${answer.status} and changed something`).toBe(before)
      else if (request.method !== 'GET') given = await nextTarget(given, route)
    }
  }
  expect(({} as { polluted?: string }).polluted).toBeUndefined()
  return answered
}

async function createTarget(world?: Pick<World, 'engine' | 'dump' | 'changes'>, companies = 1) {
  const { engine, dump, changes } = world ?? (await createWorld())
  const company = await furnishCompany(engine, `Acme ${companies}`)
  const before = await dump()
  const call = callHandler({ engine, localActor: localOperator })
  return { engine, dump, changes, company, companies, call, before, count: await changes() }
}

type Given = Awaited<ReturnType<typeof createTarget>>

/** Another company beside those that were changed, which takes a quarter of the time that a database of its own does. */
const mostCompanies = 8

async function nextTarget(given: Given, { isOfInstallation }: Target): Promise<Given> {
  const isFresh = isOfInstallation || given.companies === mostCompanies
  return isFresh ? createTarget() : createTarget(given, given.companies + 1)
}

/** All rows; they are read again only after a statement changed some, which its transaction may have taken back. */
async function seen(given: Given): Promise<string> {
  const count = await given.changes()
  if (count === given.count) return given.before
  given.count = count
  return given.dump()
}

const onOpenTask = new Set(['tasks.checkout', 'tasks.assign', 'tasks.route', 'tasks.update'])

/** A route's path with the ids of a company, and the query that it can not do without. */
function pathOf(route: Route, company: FurnishedCompany): string {
  const ids = onOpenTask.has(route.name) ? { ...company, taskId: company.openTaskId } : company
  return requestOf(route, ids, company).path
}

function withQuery(path: string, query: string | undefined): string {
  return query === undefined ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`
}

const declared = [200, 201, 400, 402, 403, 404, 409, 413, 422]
/** Where the key is one of the fields, a wrong one is no credential. */
const bringsItsKey = new Set(['nodes.register', 'accounts.logIn', 'accounts.setUp', 'accounts.setPassword'])
/** A refusal that is remembered, so that the next ones wait. */
const countsTries = new Set(['accounts.logIn'])

function judge(name: string, answer: Answer): void {
  const statuses = bringsItsKey.has(name) ? [...declared, 401] : declared
  expect(statuses, `${name}: ${answer.status} ${answer.text.slice(0, 300)}`).toContain(answer.status)
  if (answer.status < 400) return
  expect(answer.headers.get('content-type'), name).toBe('application/problem+json')
  expect(answer.body, name).toMatchObject({
    status: answer.status,
    code: expect.stringMatching(/^[a-z_]+$/),
    detail: expect.any(String),
    title: expect.any(String),
  })
  expect(answer.at('requestId'), name).toBe(answer.headers.get('x-request-id'))
  expect(answer.text.replaceAll(/drop table tasks/g, ''), name).not.toMatch(inside)
}
