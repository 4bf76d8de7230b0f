import * as commands from './commands.ts'
import { agentEvents } from './events.ts'
import { invoke } from './invoke.ts'
import { me } from './me.ts'
import { metrics } from './metrics.ts'
import * as queries from './queries.ts'
import { locatedAgents } from './sql.ts'
import { test } from './try.ts'
import { wakeScheduled } from './wake-scheduled.ts'

export const agents = {
  name: 'agents',
  operations: { ...commands, ...queries, me, metrics, test, invoke, wakeScheduled },
  events: agentEvents,
  entities: { agent: { parameter: 'agentId', locate: locatedAgents.locate } },
} as const
