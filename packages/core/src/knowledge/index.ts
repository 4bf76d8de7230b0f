import * as commands from './commands.ts'
import { knowledgeEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedEntries } from './sql.ts'

export const knowledge = {
  name: 'knowledge',
  operations: { ...commands, ...queries },
  events: knowledgeEvents,
  entities: { knowledgeEntry: { parameter: 'knowledgeEntryId', locate: locatedEntries.locate } },
} as const
