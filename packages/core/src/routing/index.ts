import * as commands from './commands.ts'
import { routingEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedRules } from './sql.ts'

export const routing = {
  name: 'routing',
  operations: { ...commands, ...queries },
  events: routingEvents,
  entities: { routingRule: { parameter: 'routingRuleId', locate: locatedRules.locate } },
} as const
