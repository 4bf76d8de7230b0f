import * as commands from './commands/index.ts'
import { budgetErrors } from './errors.ts'
import { budgetEvents } from './events.ts'
import * as queries from './queries.ts'
import { locateBudget, locateIncident } from './sql.ts'

export const budgets = {
  name: 'budgets',
  operations: { ...commands, ...queries },
  events: budgetEvents,
  errors: budgetErrors,
  entities: {
    budget: { parameter: 'budgetId', locate: locateBudget },
    budgetIncident: { parameter: 'incidentId', locate: locateIncident },
  },
} as const
