import { describe, expect, it } from 'vitest'

import { pathOf, readPath } from './address.ts'

const things = ['goals', 'projects', 'sprints', 'knowledge', 'routines', 'secrets'].flatMap((list) => [`/ACM/${list}`, `/ACM/${list}/0198`])

describe('an address of the board', () => {
  it.each([
    '/ACM/inbox',
    '/ACM/tasks',
    '/ACM/tasks/ACM-42',
    '/ACM/runs/0198',
    '/ACM/agents/0198',
    '/ACM/activity',
    '/ACM/pages/notes',
    ...things,
  ])('%s leads where it says', (path) => {
    const address = readPath(path)
    expect(address && pathOf(address)).toBe(path)
  })

  it('of a company alone is its inbox', () => expect(readPath('/ACM')).toEqual({ prefix: 'ACM', place: { screen: 'inbox' } }))

  it.each(['/', '/acm/inbox', '/ACM/nothing', '/ACM/inbox/1', '/ACM/%zz'])('%s is none', (path) => expect(readPath(path)).toBeNull())
})
