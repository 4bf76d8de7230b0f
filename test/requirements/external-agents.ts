import type { Requirement } from './requirement.ts'

/** Agents that Engine does not execute: what their key and their credentials open. */
export const externalAgents: readonly Requirement[] = [
  {
    id: 'wire.external-agent',
    source: 'acceptance list §19.4',
    behaviour: 'An agent with its key alone reads, takes, comments and submits over HTTP.',
    verifiedBy: { file: 'test/acceptance-keys.test.ts', test: 'an agent that has only its key finds its work' },
  },
  {
    id: 'wire.external-agent.links',
    source: 'acceptance list §19.4',
    behaviour: 'It needs no id in advance: its key and the links of the answers are enough.',
    verifiedBy: {
      file: 'test/external-agents.test.ts',
      test: 'finds, does and hands in its work from its key and the links of its answers alone',
    },
  },
  {
    id: 'wire.external-agent.page',
    source: 'acceptance list §19.4',
    behaviour: 'The page that shows how works as it stands.',
    verifiedBy: { file: 'test/external-agents.test.ts', test: 'shows commands that work, one after the other' },
  },
  {
    id: 'wire.zombie',
    source: 'PROMISES P2',
    behaviour: 'A run that lost its task is refused on every route that writes, and changes nothing.',
    verifiedBy: { file: 'test/external-agents.test.ts', test: 'is refused on every route that writes, and changes nothing' },
  },
  {
    id: 'wire.external-agent-cost',
    source: 'acceptance list §19.4',
    behaviour: 'It reports its costs as well.',
    verifiedBy: { file: 'test/costs.test.ts', test: 'is of an agent or a run about its own task only' },
  },
]
