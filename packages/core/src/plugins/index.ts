import * as commands from './commands.ts'
import { pluginErrors } from './errors.ts'
import { pluginEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedPlugins } from './sql.ts'

export const plugins = {
  name: 'plugins',
  operations: { ...commands, ...queries },
  events: pluginEvents,
  errors: pluginErrors,
  entities: { plugin: { parameter: 'pluginId', locate: locatedPlugins.locate } },
} as const
