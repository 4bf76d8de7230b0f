import * as commands from './commands.ts'
import { interactionEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedInteractions } from './sql.ts'

export const interactions = {
  name: 'interactions',
  operations: { ...commands, ...queries },
  events: interactionEvents,
  entities: { interaction: { parameter: 'interactionId', locate: locatedInteractions.locate } },
} as const
