import type { Mutant } from '../mutant.ts'

const cost = (test: string) => ({ file: 'packages/core/src/prices/cost.test.ts', test })
const prices = (test: string) => ({ file: 'test/prices.test.ts', test })
const calls = (test: string) => ({ file: 'packages/adapters/src/models/connection.test.ts', test })

export const priceFaults: readonly Mutant[] = [
  {
    name: 'prices: a call is held for at the lowest tier',
    file: 'packages/core/src/prices/cost.ts',
    find: '...price.tiers.filter(({ aboveInputTokens }) => inputTokens > aboveInputTokens)',
    replace: '',
    caughtBy: cost('what a call can cost at most > admits no more calls than a limit has room for, where the price has tiers'),
  },
  {
    name: 'prices: a tier begins one token early',
    file: 'packages/core/src/prices/cost.ts',
    find: 'inputTokens > tier.aboveInputTokens &&',
    replace: 'inputTokens >= tier.aboveInputTokens &&',
    caughtBy: cost('what usage costs > of 200000 input tokens is that of their tier, as a whole'),
  },
  {
    name: 'prices: a cost is rounded down',
    file: 'packages/core/src/prices/cost.ts',
    find: '(sum + million - 1n) / million',
    replace: 'sum / million',
    caughtBy: cost('what usage costs > is rounded up once, and not for each kind'),
  },
  {
    name: 'prices: the newest price counts, whatever its name is',
    file: 'packages/core/src/prices/sql.ts',
    find: '    .orderBy(sql`case model when ${given.name} then 0 when ${given.otherName} then 1 else 2 end`)\n',
    replace: '',
    caughtBy: prices('on sqlite, the rate card of a company > counts by the most exact name, however new the others are'),
  },
  {
    name: 'prices: the price of another company counts',
    file: 'packages/core/src/prices/sql.ts',
    find: "    .where('company_id', '=', given.companyId)\n    .where('provider'",
    replace: "    .where('provider'",
    caughtBy: prices('on sqlite, the rate card of a company > is of that company alone'),
  },
  {
    name: 'prices: a call that was refused keeps what was held for it',
    file: 'packages/adapters/src/models/run.ts',
    find: 'isUnbilled ? meter.release() : meter.settleCut()',
    replace: 'meter.settleCut()',
    caughtBy: calls('a call of anthropic > that is refused with 429 is not paid for'),
  },
  {
    name: 'prices: a call that was cut is settled by what was counted so far',
    file: 'packages/adapters/src/models/call-meter.ts',
    find: 'Math.max(counted.outputTokens, bound.outputTokens)',
    replace: 'counted.outputTokens',
    caughtBy: calls('a call of anthropic > keeps the text, and settles what was counted or the bound of what came, before it broke'),
  },
]
