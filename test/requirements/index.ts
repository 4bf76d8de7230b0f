import { accounts } from './accounts.ts'
import { agents } from './agents.ts'
import { checkout } from './checkout.ts'
import { companies } from './companies.ts'
import { deliverables } from './deliverables.ts'
import { delivery } from './delivery.ts'
import { events } from './events.ts'
import { execution } from './execution.ts'
import { externalAgents } from './external-agents.ts'
import { finding } from './finding.ts'
import { leases } from './leases.ts'
import { mcp } from './mcp.ts'
import { money } from './money.ts'
import { outcomes } from './outcomes.ts'
import { paper } from './paper.ts'
import { people } from './people.ts'
import { permissions } from './permissions.ts'
import { plans } from './plans.ts'
import { platform } from './platform.ts'
import { plugins } from './plugins.ts'
import type { Requirement } from './requirement.ts'
import { routing } from './routing.ts'
import { runs } from './runs.ts'
import { sealing } from './sealing.ts'
import { secrets } from './secrets.ts'
import { states } from './states.ts'
import { talk } from './talk.ts'
import { tasks } from './tasks.ts'
import { wire } from './wire.ts'
import { words } from './words.ts'

/** Everything that is promised, chapter by chapter: what a test holds, and what is still to come. */
export const requirements: readonly Requirement[] = [
  ...words,
  ...states,
  ...outcomes,
  ...companies,
  ...people,
  ...accounts,
  ...agents,
  ...plans,
  ...tasks,
  ...finding,
  ...checkout,
  ...runs,
  ...leases,
  ...execution,
  ...talk,
  ...routing,
  ...deliverables,
  ...money,
  ...delivery,
  ...paper,
  ...plugins,
  ...secrets,
  ...wire,
  ...mcp,
  ...externalAgents,
  ...permissions,
  ...events,
  ...sealing,
  ...platform,
]
