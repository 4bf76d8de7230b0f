import * as commands from './commands.ts'
import { deliverableEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedDeliverables } from './sql.ts'

export const deliverables = {
  name: 'deliverables',
  operations: { ...commands, ...queries },
  events: deliverableEvents,
  entities: { deliverable: { parameter: 'deliverableId', locate: locatedDeliverables.locate } },
} as const
