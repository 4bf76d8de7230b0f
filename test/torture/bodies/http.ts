// Whatever is sent to a route, over the network: `pnpm torture --only http-bodies --count 10000` sends 250,000 bodies.
import type { JsonObject, Operation } from '@engine/core'

import { requestOf } from '../../http-routes.ts'
import { defineLoop, type Round } from '../loop.ts'
import { anyText, anyValue, bodyOf, isPlain } from './mutate.ts'
import { betrays, bodiesStage, credentialOf, type Judged, type Target } from './stage.ts'

const answered = [200, 201, 202, 303, 304, 400, 401, 402, 403, 404, 405, 409, 412, 413, 422, 429]

export const httpBodies = defineLoop({
  name: 'http-bodies',
  storages: ['sqlite'],
  begin: () => bodiesStage({ call }),
})

async function call(target: Target, round: Round): Promise<Judged> {
  const routes = target.world.engine.registry.operations.filter(({ definition }) => definition.http)
  const operation = routes[round.seed % routes.length]
  if (!operation) throw new Error('there is no route')
  round.reached(operation.name)
  const request = requestFor(operation, target, round)
  const response = await fetch(request)
  const text = await response.text()
  const wrong = wrongWith(response, text)
  const isRefused = response.status >= 400
  const as = isRefused ? `answered ${response.status}` : 'let through'
  // A wrong password is remembered, also that of somebody who is logged in.
  const isNoted = ['accounts:enter', 'accounts:own'].includes(operation.definition.access.scope) && response.status === 401
  return { isRefused: isRefused && !isNoted, as, wrong: wrong && `${operation.name} ${request.method} ${request.url}: ${wrong}` }
}

function requestFor({ name, definition }: Operation, target: Target, round: Round): Request {
  const { random } = round
  const { company, url } = target
  const [method, path] = definition.http ?? ['GET', '/']
  const { path: filled, sent } = requestOf({ name, method, path }, company, company)
  const credential = credentialOf(target, round)
  const address = new URL(url + (random.int(6) === 0 ? withOtherId(round, filled) : filled))
  if (method === 'GET') {
    for (const field of Object.keys(definition.input.shape)) {
      if (random.int(3) === 0 && !path.includes(`:${field}`)) address.searchParams.append(field, queryValue(round))
    }
  }
  const right: JsonObject = isPlain(sent.body) ? sent.body : {}
  const fields = Object.keys(definition.input.shape).filter((field) => !path.includes(`:${field}`))
  const headers = {
    ...(method !== 'GET' && { 'content-type': random.int(20) === 0 ? random.pick(types) : 'application/json' }),
    ...(credential !== null && { authorization: `Bearer ${credential}` }),
    ...(random.int(10) === 0 && { 'idempotency-key': random.pick(['', 'x', 'x'.repeat(300), `${round.seed}`]) }),
    ...(random.int(10) === 0 && { 'if-match': random.pick(['*', '"1"', '"x"', 'W/"1"', '"-1-x"', '']) }),
  }
  return new Request(address, { method, headers, redirect: 'manual', ...(method !== 'GET' && { body: bodyOf(random, right, fields) }) })
}

const types = [
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  'x',
]

function queryValue({ random }: Round): string {
  const value = random.int(2) === 0 ? anyText(random) : JSON.stringify(anyValue(random, 1))
  return value.toWellFormed()
}

function withOtherId({ random }: Round, path: string): string {
  const segments = path.split('/')
  const index = random.int(segments.length)
  return segments.map((segment, at) => (at === index && at > 2 ? encodeURIComponent(anyText(random).toWellFormed()) : segment)).join('/')
}

function wrongWith(response: Response, text: string): string | null {
  const { status, headers } = response
  if (!answered.includes(status)) return `answered ${status} ${text.slice(0, 300)}`
  if (status < 400) return null
  const betrayed = betrays(text)
  if (betrayed !== null) return `said ${betrayed} in ${text.slice(0, 300)}`
  if (headers.get('content-type') !== 'application/problem+json') return `answered ${status} as ${headers.get('content-type')}`
  const body: unknown = JSON.parse(text)
  const isProblem = isPlain(body) && typeof body['code'] === 'string' && body['requestId'] === headers.get('x-request-id')
  return isProblem ? null : `answered no problem: ${text.slice(0, 300)}`
}
