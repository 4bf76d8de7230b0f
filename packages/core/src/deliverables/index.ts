import * as commands from './commands.ts'
import { deliverableEvents } from './events.ts'
import * as queries from './queries.ts'
import { locateDeliverable } from './sql.ts'

export const deliverables = {
  name: 'deliverables',
  operations: { ...commands, ...queries },
  events: deliverableEvents,
  entities: { deliverable: { parameter: 'deliverableId', locate: locateDeliverable } },
} as const
