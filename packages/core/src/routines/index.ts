import * as commands from './commands/index.ts'
import { routineErrors } from './errors.ts'
import { routineEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedRoutines, locatedTriggers } from './sql.ts'

export const routines = {
  name: 'routines',
  operations: { ...commands, ...queries },
  events: routineEvents,
  errors: routineErrors,
  entities: {
    routine: { parameter: 'routineId', locate: locatedRoutines.locate },
    trigger: { parameter: 'triggerId', locate: locatedTriggers.locate },
  },
} as const
