import * as commands from './commands/index.ts'
import { routineErrors } from './errors.ts'
import { routineEvents } from './events.ts'
import * as queries from './queries.ts'
import { locateRoutine, locateTrigger } from './sql.ts'

export const routines = {
  name: 'routines',
  operations: { ...commands, ...queries },
  events: routineEvents,
  errors: routineErrors,
  entities: {
    routine: { parameter: 'routineId', locate: locateRoutine },
    trigger: { parameter: 'triggerId', locate: locateTrigger },
  },
} as const
