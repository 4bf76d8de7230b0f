import * as commands from './commands.ts'
import { costErrors } from './errors.ts'
import { costEvents } from './events.ts'
import * as queries from './queries.ts'
import { settle } from './settle.ts'
import { locateCostEvent } from './sql.ts'

export const costs = {
  name: 'costs',
  operations: { ...commands, settle, ...queries },
  events: costEvents,
  errors: costErrors,
  entities: { costEvent: { parameter: 'costEventId', locate: locateCostEvent } },
} as const
