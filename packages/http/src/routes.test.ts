import { describe, expect, it } from 'vitest'

import type { HttpMethod, Operation, Registry } from '@engine/core'

import { createRoutes } from './routes.ts'

/** Routes of operations that exist for their paths only; each is named by its method and path. */
function routesOf(...paths: readonly [HttpMethod, `/${string}`][]) {
  const operations = paths.map((http) => ({ name: http.join(' '), definition: { http } }) as unknown as Operation)
  return createRoutes({ operations } as unknown as Registry)
}

const routes = routesOf(
  ['GET', '/tasks/:taskId'],
  ['PATCH', '/tasks/:taskId'],
  ['POST', '/tasks/:taskId/checkout'],
  ['GET', '/companies/:companyId/tasks'],
  ['GET', '/tasks/mine'],
)

describe('a route', () => {
  it.each([
    ['GET', '/tasks/1', 'GET /tasks/:taskId', { taskId: '1' }],
    ['GET', '/tasks/1/', 'GET /tasks/:taskId', { taskId: '1' }],
    ['PATCH', '/tasks/a%2Fb%20c', 'PATCH /tasks/:taskId', { taskId: 'a/b c' }],
    ['GET', '/tasks/mine', 'GET /tasks/mine', {}],
    ['POST', '/tasks/__proto__/checkout', 'POST /tasks/:taskId/checkout', { taskId: '__proto__' }],
    ['GET', '/companies/tasks/tasks', 'GET /companies/:companyId/tasks', { companyId: 'tasks' }],
  ])('of %s %s is %s', (...[method, path, name, parameters]) => {
    const match = routes.match(method, path)
    expect(match?.operation.name).toBe(name)
    expect({ ...match?.parameters }).toEqual(parameters)
  })

  it.each([
    ['DELETE', '/tasks/1'],
    ['get', '/tasks/1'],
    ['GET', '/tasks'],
    ['GET', '/tasks/1/checkout'],
    ['POST', '/tasks/1/checkout/2'],
    ['GET', '/tasks/%zz'],
    ['GET', '/'],
    ['GET', ''],
    ['GET', '/constructor'],
    ['constructor', '/tasks/1'],
  ])('is not found for %s %s', (method, path) => {
    expect(routes.match(method, path)).toBeNull()
  })

  it('tells its methods, for those who chose a wrong one', () => {
    expect(routes.methods('/tasks/1')).toEqual(['GET', 'PATCH'])
    expect(routes.methods('/nothing')).toEqual([])
  })
})
