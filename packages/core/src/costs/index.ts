import * as commands from './commands.ts'
import { costErrors } from './errors.ts'
import { costEvents } from './events.ts'
import * as exports from './export.ts'
import * as queries from './queries.ts'
import { locateCostEvent } from './sql.ts'
import * as views from './views.ts'

export const costs = {
  name: 'costs',
  operations: { ...commands, ...queries, ...views, ...exports },
  events: costEvents,
  errors: costErrors,
  entities: { costEvent: { parameter: 'costEventId', locate: locateCostEvent } },
} as const
