import * as commands from './commands.ts'
import { preferenceEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedPreferences } from './sql.ts'

export const preferences = {
  name: 'preferences',
  operations: { ...commands, ...queries },
  events: preferenceEvents,
  entities: { preference: { parameter: 'preferenceId', locate: locatedPreferences.locate } },
} as const
