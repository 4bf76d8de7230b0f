import * as commands from './commands/index.ts'
import { budgetErrors } from './errors.ts'
import { budgetEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedBudgets, locatedIncidents } from './sql.ts'

export const budgets = {
  name: 'budgets',
  operations: { ...commands, ...queries },
  events: budgetEvents,
  errors: budgetErrors,
  entities: {
    budget: { parameter: 'budgetId', locate: locatedBudgets.locate },
    budgetIncident: { parameter: 'incidentId', locate: locatedIncidents.locate },
  },
} as const
