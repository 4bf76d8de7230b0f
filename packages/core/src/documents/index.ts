import * as commands from './commands.ts'
import { documentEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedDocuments } from './sql.ts'

export const documents = {
  name: 'documents',
  operations: { ...commands, ...queries },
  events: documentEvents,
  entities: { document: { parameter: 'documentId', locate: locatedDocuments.locate } },
} as const
