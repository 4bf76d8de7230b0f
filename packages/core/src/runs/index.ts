import * as commands from './commands/index.ts'
import { runEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedRuns } from './sql.ts'

export const runs = {
  name: 'runs',
  operations: { ...commands, ...queries },
  events: runEvents,
  entities: { run: { parameter: 'runId', locate: locatedRuns.locate } },
} as const
