import { accept } from './accept.ts'
import * as commands from './commands.ts'
import { inviteEvents } from './events.ts'
import * as queries from './queries.ts'
import { locateInvitation, locatedInvites } from './sql.ts'

export const invites = {
  name: 'invites',
  operations: { ...commands, accept, ...queries },
  events: inviteEvents,
  entities: {
    invite: { parameter: 'inviteId', locate: locatedInvites.locate },
    invitation: { parameter: 'token', locate: locateInvitation },
  },
} as const
