import * as commands from './commands.ts'
import { labelEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedLabels } from './sql.ts'

export const labels = {
  name: 'labels',
  operations: { ...commands, ...queries },
  events: labelEvents,
  entities: { label: { parameter: 'labelId', locate: locatedLabels.locate } },
} as const
