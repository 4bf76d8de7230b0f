import { inLoop, type Mutant } from '../mutant.ts'

const budgets = (test: string) => ({ file: 'test/budgets.test.ts', test })
const late = (test: string) => ({ file: 'test/budgets-late.test.ts', test })
const costs = (test: string) => ({ file: 'test/costs.test.ts', test })
const held = (test: string) => ({ file: 'test/budgets-holds.test.ts', test: `on sqlite > ${test}` })
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
  {
    name: 'ledger: what was held for a call ends a second time',
    file: 'packages/core/src/budgets/sql.ts',
    find: `    .where('id', '=', given.id)
    .where('status', '=', sql.lit('open'))`,
    replace: `    .where('id', '=', given.id)`,
    caughtBy: held('ends once, whichever end is said first'),
  },
  {
    name: 'ledger: a run gives back what is held for another one',
    file: 'packages/core/src/budgets/commands/holds.ts',
    find: `if (hold?.run_id !== runId || hold.kind !== 'call')`,
    replace: `if (hold?.kind !== 'call')`,
    caughtBy: held('is not there for another run'),
  },
  {
    name: 'ledger: a run says what a call of another one came to',
    file: 'packages/core/src/costs/settle.ts',
    find: `if (hold?.run_id !== given.runId) throw`,
    replace: `if (!hold) throw`,
    caughtBy: held('is not there for another run'),
  },
  {
    name: 'ledger: what a call came to is not booked when its hold had expired',
    file: 'packages/core/src/budgets/holds.ts',
    find: `if (hold.status === 'expired') await chargeBudgets`,
    replace: `if (hold.status === 'open') await chargeBudgets`,
    caughtBy: held('is still paid for when its run waited for an answer meanwhile'),
  },
  {
    name: 'ledger: a limit that stopped work lets begin what costs nothing',
    file: 'packages/core/src/budgets/holds.ts',
    find: `if (standing.isStopped || amount > freeOf`,
    replace: `if (amount > freeOf`,
    caughtBy: held('is nothing under a limit that stopped work'),
  },
  {
    name: 'ledger: what was held is settled in the month in which it is said',
    file: 'packages/core/src/budgets/holds.ts',
    find: `spenderOf(hold), { at: new Date(hold.admitted_at) })
  await bookIn(context, standings, { amounts: actual, lines })`,
    replace: `spenderOf(hold), { at: new Date(now) })
  await bookIn(context, standings, { amounts: actual, lines })`,
    caughtBy: inLoop('ledger-histories on sqlite'),
  },
  {
    name: 'ledger: the database knows no limit',
    file: 'packages/core/src/database/migrations/0017-budgets.ts',
    find: `check (is_hard = 0 or spent + held <= limit_amount + excess)`,
    replace: `check (is_hard = 0 or spent + held >= 0)`,
    caughtBy: { file: 'test/database-rules.test.ts', test: 'on sqlite > refuses more than the limit of a budget' },
  },
]
