import { expect, it } from 'vitest'

import { inTurn } from './order.ts'

it('puts what runs first, then what is planned, then what is over with the latest first', () => {
  const sprints = (['completed', 'planning', 'cancelled', 'active', 'planning'] as const).map((status, at) => ({ id: String(at), status }))
  expect(inTurn(sprints).map(({ id }) => id)).toEqual(['3', '1', '4', '2', '0'])
})
