import { describe, expect, it } from 'vitest'

import { chooseAgent, type Candidate } from './choose.ts'

const agent = (name: string, more: Partial<Candidate> = {}): Candidate => ({
  id: name,
  name,
  status: 'idle',
  capabilities: ['write'],
  openTasks: 0,
  ...more,
})
const task = (more: { preferredAgentId?: string; requiredCapabilities?: string[] }) => ({
  preferredAgentId: null,
  requiredCapabilities: [],
  ...more,
})

describe('routing', () => {
  it('takes the preferred agent, whatever else fits', () => {
    const choice = chooseAgent(task({ preferredAgentId: 'busy', requiredCapabilities: ['write'] }), [
      agent('free'),
      agent('busy', { openTasks: 9 }),
    ])
    expect(choice).toEqual({ agentId: 'busy', reason: 'busy is the preferred agent' })
  })

  it('passes over a preferred agent who cannot work, and says so', () => {
    const choice = chooseAgent(task({ preferredAgentId: 'a', requiredCapabilities: ['write'] }), [
      agent('a', { status: 'paused' }),
      agent('b'),
    ])
    expect(choice).toEqual({ agentId: 'b', reason: 'the preferred agent a is paused; b has write and is the least busy of 1' })
  })

  it('needs every required capability', () => {
    const choice = chooseAgent(task({ requiredCapabilities: ['write', 'draw'] }), [
      agent('a'),
      agent('b', { capabilities: ['draw', 'write'] }),
    ])
    expect(choice.agentId).toBe('b')
  })

  it('takes the least busy, and of equals always the same', () => {
    const agents = [agent('c', { openTasks: 1 }), agent('b'), agent('a')]
    expect(chooseAgent(task({ requiredCapabilities: ['write'] }), agents).agentId).toBe('a')
    expect(chooseAgent(task({ requiredCapabilities: ['write'] }), agents.toReversed()).agentId).toBe('a')
  })

  it('leaves the task unassigned with a reason when nobody fits', () => {
    expect(chooseAgent(task({ requiredCapabilities: ['dance'] }), [agent('a')])).toEqual({
      agentId: null,
      reason: 'no agent at work has dance',
    })
    expect(chooseAgent(task({}), [agent('a')]).reason).toContain('no preferred agent')
  })
})
