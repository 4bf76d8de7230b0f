import type { Mutant } from '../mutant.ts'

const budgets = (test: string) => ({ file: 'test/budgets.test.ts', test })
const late = (test: string) => ({ file: 'test/budgets-late.test.ts', test })
const costs = (test: string) => ({ file: 'test/costs.test.ts', test })
const periods = (test: string) => ({ file: 'packages/core/src/budgets/period.test.ts', test })

/** Money that is held, spent and billed. */
export const ledgerFaults: readonly Mutant[] = [
  {
    name: 'ledger: the budget of a project is not asked',
    file: 'packages/core/src/budgets/sql.ts',
    find: 'return [companyId, agentId, projectId, taskId]',
    replace: 'return [companyId, agentId, taskId]',
    caughtBy: budgets('refuses a call that does not fit, saying which budget'),
  },
  {
    name: 'ledger: a call is sent before its money is held',
    file: 'packages/adapters/src/models/run.ts',
    find: 'onRequest: (request) => reserve(work, request, maxOutputTokens),',
    replace: 'onRequest: async (request) => void reserve(work, request, maxOutputTokens).catch(() => undefined),',
    caughtBy: {
      file: 'packages/adapters/src/models/connection.test.ts',
      test: 'a call of anthropic > is not made when the budget does not allow it',
    },
  },
  {
    name: 'ledger: what a source calls its event is not kept',
    file: 'packages/core/src/costs/record.ts',
    find: 'source_event_id: entry.sourceEventId,',
    replace: 'source_event_id: context.newId(),',
    caughtBy: costs('count once each, however often and by however many they are reported'),
  },
  {
    name: 'ledger: a month begins when it does where the server stands',
    file: 'packages/core/src/budgets/period.ts',
    find: '[at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()]',
    replace: '[at.getFullYear(), at.getMonth(), at.getDate()]',
    caughtBy: periods('begins where it does in UTC, wherever the server stands'),
  },
  {
    name: 'ledger: a bill of a month that is over stops the present one',
    file: 'packages/core/src/budgets/charge.ts',
    find: 'return startsAt <= now && (endsAt === null || now < endsAt)',
    replace: `return startsAt <= now || endsAt === null`,
    caughtBy: late('on sqlite, a bill that comes late > takes its own period to the limit'),
  },
  {
    name: 'ledger: each further bill of a month that is over is another incident',
    file: 'packages/core/src/budgets/charge.ts',
    find: '} else if (!isUsedUp(before)) await noteLateBill',
    replace: '} else await noteLateBill',
    caughtBy: late('on sqlite, a bill that comes late > takes its own period to the limit'),
  },
]
