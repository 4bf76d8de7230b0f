import { expect, it } from 'vitest'

import { asScope } from './scope.ts'

it('is of one thing or of the whole company', () => {
  expect(asScope('project 1')).toEqual({ projectId: '1', agentId: null })
  expect(asScope('agent 2')).toEqual({ projectId: null, agentId: '2' })
  expect(asScope('')).toEqual({ projectId: null, agentId: null })
})
