import * as commands from './commands.ts'
import { preferenceEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatePreference } from './sql.ts'

export const preferences = {
  name: 'preferences',
  operations: { ...commands, ...queries },
  events: preferenceEvents,
  entities: { preference: { parameter: 'preferenceId', locate: locatePreference } },
} as const
