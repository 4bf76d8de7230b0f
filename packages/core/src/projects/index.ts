import * as commands from './commands.ts'
import { projectEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedProjects } from './sql.ts'

export const projects = {
  name: 'projects',
  operations: { ...commands, ...queries },
  events: projectEvents,
  entities: { project: { parameter: 'projectId', locate: locatedProjects.locate } },
} as const
