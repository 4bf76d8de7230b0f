import { accounts } from './accounts/index.ts'
import { adapters } from './adapters/index.ts'
import { agents } from './agents/index.ts'
import { approvals } from './approvals/index.ts'
import { attachments } from './attachments/index.ts'
import { audit } from './audit/index.ts'
import { breakers } from './breakers/index.ts'
import { budgets } from './budgets/index.ts'
import { comments } from './comments/index.ts'
import { companies } from './companies/index.ts'
import { costs } from './costs/index.ts'
import { deliverables } from './deliverables/index.ts'
import { deliveries } from './deliveries/index.ts'
import { destinations } from './destinations/index.ts'
import { documents } from './documents/index.ts'
import { events } from './events/index.ts'
import { goals } from './goals/index.ts'
import { interactions } from './interactions/index.ts'
import { invites } from './invites/index.ts'
import { keys } from './keys/index.ts'
import { knowledge } from './knowledge/index.ts'
import { labels } from './labels/index.ts'
import { members } from './members/index.ts'
import { nodes } from './nodes/index.ts'
import { plugins } from './plugins/index.ts'
import { preferences } from './preferences/index.ts'
import { prices } from './prices/index.ts'
import { projects } from './projects/index.ts'
import { routes } from './routes/index.ts'
import { routines } from './routines/index.ts'
import { routing } from './routing/index.ts'
import { runs } from './runs/index.ts'
import { search } from './search/index.ts'
import { secrets } from './secrets/index.ts'
import { sessions } from './sessions/index.ts'
import { sprints } from './sprints/index.ts'
import { tasks } from './tasks/index.ts'
import { workers } from './workers/index.ts'

/** Engine's own modules; a module is all that a surface needs to know of an aggregate. */
export const coreModules = {
  companies,
  members,
  invites,
  keys,
  accounts,
  sessions,
  goals,
  projects,
  sprints,
  labels,
  adapters,
  agents,
  breakers,
  tasks,
  routing,
  runs,
  comments,
  documents,
  attachments,
  deliverables,
  approvals,
  budgets,
  costs,
  interactions,
  knowledge,
  secrets,
  destinations,
  routes,
  deliveries,
  routines,
  plugins,
  preferences,
  prices,
  search,
  events,
  audit,
  workers,
  nodes,
} as const
