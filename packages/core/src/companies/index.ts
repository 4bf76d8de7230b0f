import * as commands from './commands.ts'
import * as portability from '../portability/commands.ts'
import { dashboard } from './dashboard.ts'
import { companyEvents } from './events.ts'
import * as queries from './queries.ts'
import { locateCompany } from './sql.ts'

export const companies = {
  name: 'companies',
  operations: { ...commands, ...queries, ...portability, dashboard },
  events: companyEvents,
  entities: { company: { parameter: 'companyId', locate: locateCompany } },
} as const
