import * as commands from './commands.ts'
import { goalEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedGoals } from './sql.ts'

export const goals = {
  name: 'goals',
  operations: { ...commands, ...queries },
  events: goalEvents,
  entities: { goal: { parameter: 'goalId', locate: locatedGoals.locate } },
} as const
