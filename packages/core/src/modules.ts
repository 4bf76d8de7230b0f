import { agents } from './agents/index.ts'
import { comments } from './comments/index.ts'
import { companies } from './companies/index.ts'
import { deliverables } from './deliverables/index.ts'
import { events } from './events/index.ts'
import { goals } from './goals/index.ts'
import { runs } from './runs/index.ts'
import { tasks } from './tasks/index.ts'

/** Engine's own modules; a module is all that a surface needs to know of an aggregate. */
export const coreModules = { companies, goals, agents, tasks, runs, comments, deliverables, events } as const
