import * as commands from './commands.ts'
import { routeEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedRoutes } from './sql.ts'
import { test } from './test.ts'

export const routes = {
  name: 'routes',
  operations: { ...commands, ...queries, test },
  events: routeEvents,
  entities: { route: { parameter: 'routeId', locate: locatedRoutes.locate } },
} as const
