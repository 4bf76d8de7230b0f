import type { Requirement } from './requirement.ts'

/** Costs and budgets. */
export const money: readonly Requirement[] = [
  {
    id: 'costs.report',
    source: 'budget rules §13.3',
    behaviour: 'A cost is reported by a run, an agent or a person, once for each source, and everything it names is of the company.',
    later: 'money',
  },
  {
    id: 'costs.summary',
    source: 'API list §10.7',
    behaviour: 'What was spent is summed up by agent, project, model and time.',
    later: 'money',
  },
  {
    id: 'costs.tied',
    source: 'DOMAIN §3',
    behaviour: 'A cost is tied to run, task, project, goal and agent when it is written.',
    later: 'money',
  },
  {
    id: 'costs.billing',
    source: 'DOMAIN §3',
    behaviour: 'A cost says whether it was metered, by subscription or by credits.',
    later: 'money',
  },
  {
    id: 'prices.rate-card',
    source: 'DOMAIN §3',
    behaviour: 'A company says what a model costs it, from a time on; what it says goes before the list prices.',
    verifiedBy: { file: 'test/prices.test.ts', test: 'goes before the list prices, from its time on and until it is taken off' },
    operations: ['prices.set', 'prices.remove', 'prices.get', 'prices.list', 'prices.find'],
    events: ['price.set', 'price.removed'],
  },
  {
    id: 'prices.host',
    source: 'DESIGN §1',
    behaviour: 'The host may know prices of its own.',
    verifiedBy: { file: 'test/prices.test.ts', test: 'the price book of the host goes before the list prices and after the rate card' },
  },
  {
    id: 'prices.tiers',
    source: 'PROMISES P7',
    behaviour: 'What a call can cost at most is reckoned by the tier that it reaches.',
    verifiedBy: { file: 'packages/core/src/prices/cost.test.ts', test: 'takes the tier that its bound reaches, and not the lowest' },
  },
  {
    id: 'prices.unknown',
    source: 'DOMAIN §3',
    behaviour: 'A price that is not known is refused under a hard limit.',
    later: 'money',
  },
  {
    id: 'budgets.scopes',
    source: 'budget rules §13.1',
    behaviour: 'A company, project, agent or task has a budget for a month, a day or for good.',
    later: 'money',
  },
  {
    id: 'budgets.warn',
    source: 'budget rules §13.2',
    behaviour: 'At 80 percent of a budget there is a warning.',
    later: 'money',
  },
  {
    id: 'budgets.stop',
    source: 'acceptance list §19.6',
    behaviour: 'At its limit an agent is paused, and nothing of it starts.',
    later: 'money',
  },
  {
    id: 'budgets.never-over',
    source: 'budget rules §13.2',
    behaviour: 'What is spent and held never exceeds the limit.',
    later: 'money',
  },
  {
    id: 'budgets.incident',
    source: 'DOMAIN §3',
    behaviour: 'Reaching a limit makes one incident and one approval in the same transaction.',
    later: 'money',
  },
  {
    id: 'budgets.raise',
    source: 'budget rules §13.2',
    behaviour: 'The board raises a budget or resumes the agent.',
    later: 'money',
  },
  {
    id: 'budgets.subtree',
    source: 'permission list §9.3',
    behaviour: 'A manager sets the budgets below itself.',
    later: 'money',
  },
  {
    id: 'budgets.agent-never',
    source: 'permission list §9.3',
    behaviour: 'An agent does not change the budget of its company.',
    later: 'money',
  },
  {
    id: 'reservations.before',
    source: 'DOMAIN §3',
    behaviour: 'Money is held before each metered call and before each opaque run.',
    later: 'money',
  },
  {
    id: 'story.budget-stop',
    source: 'acceptance list §17.3',
    behaviour: 'An agent reports a cost, reaches its limit and is paused.',
    later: 'money',
  },
]
