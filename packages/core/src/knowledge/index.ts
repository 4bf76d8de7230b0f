import * as commands from './commands.ts'
import { knowledgeEvents } from './events.ts'
import * as queries from './queries.ts'
import { locateEntry } from './sql.ts'

export const knowledge = {
  name: 'knowledge',
  operations: { ...commands, ...queries },
  events: knowledgeEvents,
  entities: { knowledgeEntry: { parameter: 'knowledgeEntryId', locate: locateEntry } },
} as const
