import { describe, expect, it } from 'vitest'

import type { Operation } from '@engine/core'
import { localOperator } from '@engine/http'

import { callHandler, createWorld, type Answer, type Sent } from './http-fixtures.ts'
import { furnishCompany, requestOf, type FurnishedCompany, type Route } from './http-routes.ts'

const absent = '01890000-0000-7000-8000-000000000000'
const long = 'x'.repeat(70_000)

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

/** What no route may answer with 500, whatever it expects. Text is sent as it is, anything else as JSON. */
const hostile: readonly [string, unknown][] = [
  ['nothing', undefined],
  ['an empty object', {}],
  ['null', 'null'],
  ['an array', '[]'],
  ['an array of objects', [{ title: 'x' }]],
  ['a number', '42'],
  ['a text', '"text"'],
  ['true', 'true'],
  ['half an object', '{"title":'],
  ['an unquoted key', '{title: 1}'],
  ['a trailing comma', '{"title":"x",}'],
  ['two objects', '{}{}'],
  ['blanks', '   '],
  ['NaN', '{"limit":NaN}'],
  ['bytes that are no UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-16', Uint8Array.from(Buffer.from('{"title":"x"}', 'utf16le'))],
  ['a NUL byte', '{"title":"\u0000"}'],
  ['an unknown field', { surely: 'unknown' }],
  ['a duplicate key', '{"title":"a","title":{"b":1}}'],
  ['__proto__', '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}}'],
  ['__proto__ inside', '{"context":{"__proto__":{"polluted":"yes"}},"settings":{"constructor":{"prototype":{"polluted":"yes"}}}}'],
  ['names of Object.prototype', { toString: 1, hasOwnProperty: 1, valueOf: 1 }],
  ['depth 33', nested(34)],
  ['depth 20,000', nested(20_000)],
  ['100,000 open brackets', '['.repeat(100_000)],
  ['10,000 unknown fields', Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`f${index}`, index]))],
]

/** Wrong values for every field that the route knows. */
const values: readonly [string, string][] = [
  ['null', 'null'],
  ['true', 'true'],
  ['0', '0'],
  ['-1', '-1'],
  ['0.5', '0.5'],
  ['1e308', '1e308'],
  ['1e999', '1e999'],
  ['2^53', '9007199254740993'],
  ['an empty text', '""'],
  ['blanks', '"   "'],
  ['a lone surrogate', String.raw`"\ud800"`],
  ['a NUL character', String.raw`"a\u0000b"`],
  ['markup', '"<script>alert(1)</script>"'],
  ['SQL', `"'; drop table tasks; --"`],
  ['a path', '"../../../../etc/passwd"'],
  ['a long text', `"${long}"`],
  ['an absent id', `"${absent}"`],
  ['an id with a NUL', String.raw`"01890000-0000-7000-8000-00000000000\u0000"`],
  ['an object', '{"a":1}'],
  ['__proto__', '{"__proto__":{"polluted":"yes"}}'],
  ['an array', '[1,null,"x"]'],
  ['a long array', JSON.stringify(Array.from({ length: 2_000 }, () => absent))],
]

describe('whatever is sent to it, a route', () => {
  it.each(hostile)('answers %s with a problem or a success, and changes nothing when it refuses', async (_, body) => {
    const answered = await everyRoute((route) => [{ method: route.method, body }])
    expect(answered.filter(({ status }) => status >= 400).length).toBeGreaterThan(10)
  })

  it.each(values)('stands %s in any of its fields, all others being right', async (_, value) => {
    const answered = await everyRoute((route, company) =>
      route.fields.map((field) => requestWith(route, rightBody(route, company), { field, value })),
    )
    expect(answered.length).toBeGreaterThan(100)
  })

  it('takes right values, so that what is refused above is refused for its wrong ones', async () => {
    const answered = await everyRoute((route, company) => [{ method: route.method, body: rightBody(route, company) }])
    const refused = answered.filter(({ status }) => status >= 400).map(({ name }) => name)
    expect(refused).toEqual(refusedWhatever)
    expect(answered.length).toBeGreaterThan(35)
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
  /** What it takes beside its path. */
  readonly fields: readonly string[]
}

function targetOf({ name, definition }: Operation): Target | null {
  if (!definition.http) return null
  const [method, path] = definition.http
  const fields = Object.keys(definition.input.shape).filter((field) => !path.includes(`:${field}`))
  return { name, method, path, scope: definition.access.scope, fields }
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
      const { company, call, before, dump } = given
      const credential = route.scope === 'runs:work' ? { credential: company.credential } : {}
      const answer = await call(request.method, withQuery(pathOf(route, company), request.query), { ...request, ...credential })
      judge(route.name, answer)
      answered.push({ name: route.name, status: answer.status })
      const isCounted = answer.status === 401 && countsTries.has(route.name)
      if (answer.status >= 400 && !isCounted)
        expect(await dump(), `${route.name} refused by ${answer.status} and changed something`).toBe(before)
      else if (request.method !== 'GET') given = await createTarget()
    }
  }
  expect(({} as { polluted?: string }).polluted).toBeUndefined()
  return answered
}

async function createTarget() {
  const { engine, dump } = await createWorld()
  const company = await furnishCompany(engine, 'Acme')
  return { engine, dump, company, call: callHandler({ engine, localActor: localOperator }), before: await dump() }
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
const inside = /\bselect\b|insert into|SQLITE|node_modules|\/work\/|\/home\/|file:\/\/| {4}at /i

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
