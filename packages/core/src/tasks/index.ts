import * as commands from './commands/index.ts'
import { taskErrors } from './errors.ts'
import { taskEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedTasks } from './sql.ts'

export const tasks = {
  name: 'tasks',
  operations: { ...commands, ...queries },
  events: taskEvents,
  errors: taskErrors,
  entities: { task: { parameter: 'taskId', locate: locatedTasks.locate } },
} as const
