import { createPasswordLink, revokeSessions } from './access.ts'
import * as commands from './commands.ts'
import { memberEvents } from './events.ts'
import { forget } from './forget.ts'
import * as queries from './queries.ts'
import { locatedMembers } from './sql.ts'

export const members = {
  name: 'members',
  operations: { ...commands, revokeSessions, createPasswordLink, forget, ...queries },
  events: memberEvents,
  entities: { member: { parameter: 'memberId', locate: locatedMembers.locate } },
} as const
