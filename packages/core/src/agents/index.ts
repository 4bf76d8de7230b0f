import * as commands from './commands.ts'
import { agentEvents } from './events.ts'
import { me } from './me.ts'
import { metrics } from './metrics.ts'
import * as queries from './queries.ts'
import { locateAgent } from './sql.ts'
import { test } from './try.ts'

export const agents = {
  name: 'agents',
  operations: { ...commands, ...queries, me, metrics, test },
  events: agentEvents,
  entities: { agent: { parameter: 'agentId', locate: locateAgent } },
} as const
