import { expect, it } from 'vitest'

import type { Candidate } from './candidates.ts'
import type { RoutingTask } from './conditions.ts'
import { rankCandidates } from './rank.ts'

const agent = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  name: id,
  status: 'idle',
  capabilities: ['draw'],
  topics: [],
  openTasks: 0,
  liveRuns: 0,
  hasFreeSlot: true,
  meanCostMicros: 0,
  ...more,
})

const task: RoutingTask = {
  priority: 'medium',
  tags: ['logo'],
  labelIds: [],
  context: {},
  requiredCapabilities: ['draw'],
  preferredAgentId: 'preferred',
}

it('ranks who can first, then who is preferred, free, versed and idle', () => {
  const ranked = rankCandidates(task, [
    agent('unable', { capabilities: [] }),
    agent('full', { hasFreeSlot: false, liveRuns: 1 }),
    agent('busy', { openTasks: 3 }),
    agent('b'),
    agent('a'),
    agent('versed', { topics: ['logo'], openTasks: 9 }),
    agent('preferred', { hasFreeSlot: false, liveRuns: 2 }),
  ])
  expect(ranked.map(({ agentId }) => agentId)).toEqual(['preferred', 'versed', 'a', 'b', 'busy', 'full', 'unable'])
  expect(ranked[0]).toMatchObject({
    status: 'running',
    reasons: ['is the preferred agent', 'has draw', 'has no free slot', 'has 0 open tasks'],
  })
  expect(ranked.at(-1)).toMatchObject({ isAble: false, reasons: ['lacks draw', 'has 0 open tasks'] })
})
