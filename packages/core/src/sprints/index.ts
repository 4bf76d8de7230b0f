import * as commands from './commands.ts'
import { sprintEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedSprints } from './sql.ts'

export const sprints = {
  name: 'sprints',
  operations: { ...commands, ...queries },
  events: sprintEvents,
  entities: { sprint: { parameter: 'sprintId', locate: locatedSprints.locate } },
} as const
