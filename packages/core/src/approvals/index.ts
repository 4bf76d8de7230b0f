import * as commands from './commands.ts'
import { approvalErrors } from './errors.ts'
import { approvalEvents } from './events.ts'
import * as queries from './queries.ts'
import { locatedApprovals } from './sql.ts'

export const approvals = {
  name: 'approvals',
  operations: { ...commands, ...queries },
  events: approvalEvents,
  errors: approvalErrors,
  entities: { approval: { parameter: 'approvalId', locate: locatedApprovals.locate } },
} as const
