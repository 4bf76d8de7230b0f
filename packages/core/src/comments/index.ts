import * as commands from './commands.ts'
import { commentEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedComments } from './sql.ts'

export const comments = {
  name: 'comments',
  operations: { ...commands, ...queries },
  events: commentEvents,
  entities: { comment: { parameter: 'commentId', locate: locatedComments.locate } },
} as const
