import { expect, it } from 'vitest'

import { flatten } from './flat.ts'

const goal = (id: string, goals: Parameters<typeof flatten>[0] = []) => ({
  id,
  title: id,
  level: 'team' as const,
  status: 'active' as const,
  ownerAgentId: null,
  goals: [...goals],
})

it('reads a tree from top to bottom, each goal before what lies below it', () => {
  const flat = flatten([goal('1', [goal('2', [goal('3')]), goal('4')]), goal('5')])
  expect(flat.map(({ id, level }) => `${id}/${level}`)).toEqual(['1/0', '2/1', '3/2', '4/1', '5/0'])
})
