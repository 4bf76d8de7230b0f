import { byAgent, byModel, byProject, byTask } from './by.ts'
import * as commands from './commands.ts'
import { costErrors } from './errors.ts'
import { costEvents } from './events.ts'
import { exportTable } from './export.ts'
import * as queries from './queries.ts'
import { settle } from './settle.ts'
import { locatedCostEvents } from './sql.ts'
import { forecast, summary, timeline } from './views.ts'

export const costs = {
  name: 'costs',
  operations: { ...commands, settle, ...queries, summary, byAgent, byProject, byModel, byTask, timeline, forecast, export: exportTable },
  events: costEvents,
  errors: costErrors,
  entities: { costEvent: { parameter: 'costEventId', locate: locatedCostEvents.locate } },
} as const
