import type { Mutant } from '../mutant.ts'

const requests = (test: string) => ({ file: 'packages/outbound/src/outbound.test.ts', test })
const taken = (test: string) => ({ file: 'test/deliveries-claims.test.ts', test })
const routes = (test: string) => ({ file: 'test/routes.test.ts', test })

/** What goes out: requests to addresses that users set, and deliveries. */
export const outwardFaults: readonly Mutant[] = [
  {
    name: 'outward: a request is sent on to anywhere',
    file: 'packages/outbound/src/outbound.ts',
    find: 'target = parseTarget(next, client.rules)',
    replace: 'target = next',
    caughtBy: requests('a redirect > to http://127.0.0.1:1/ is refused'),
  },
  {
    name: 'outward: a request to another origin takes its credentials along',
    file: 'packages/outbound/src/redirect.ts',
    find: '(isSameOrigin || harmless.has(name.toLowerCase()))',
    replace: 'name !== ""',
    caughtBy: requests('a redirect > to another origin takes no credentials with it'),
  },
  {
    name: 'outward: what happened first is not waited for',
    file: 'packages/core/src/deliveries/sql.ts',
    find: "endOfLane(db, given.companyId, 'asc')",
    replace: "endOfLane(db, given.companyId, 'desc')",
    caughtBy: routes('keeps the order of events about one thing, while others go on'),
  },
  {
    name: 'outward: what was refused is sent again',
    file: 'packages/core/src/deliveries/judge.ts',
    find: "if (result === 'parked')",
    replace: "if (result === 'parked' && reason === null)",
    caughtBy: { file: 'packages/core/src/deliveries/judge.test.ts', test: 'a try of a delivery > that its destination parks is given up' },
  },
  {
    name: 'outward: of several events of one command only the first is sent',
    file: 'packages/core/src/deliveries/outbox.ts',
    find: 'const rows = events.flatMap((event) => {',
    replace: 'const rows = events.slice(0, 1).flatMap((event) => {',
    caughtBy: routes('sends every event of a bulk call, and of several calls at once'),
  },
  {
    name: 'outward: a digest that did not arrive is told again under another id',
    file: 'packages/core/src/deliveries/digest.ts',
    find: 'as: digestId ?? given.digestId',
    replace: 'as: given.digestId',
    caughtBy: { file: 'test/digests.test.ts', test: 'on sqlite that gathers what it sends > tells the same again when it did not arrive' },
  },
  {
    name: 'outward: a delivery that somebody sends is taken by another one',
    file: 'packages/core/src/deliveries/claims.ts',
    find: ' and (d.claimed_until is null or d.claimed_until <= ${present})',
    replace: '',
    caughtBy: taken('on sqlite > is nobody else’s until its lease is over'),
  },
  {
    name: 'outward: who lost a delivery says what became of it',
    file: 'packages/core/src/deliveries/settlements.ts',
    find: 'd.id = n.id and d.fence = n.fence and (${isAllowed})',
    replace: 'd.id = n.id and (${isAllowed})',
    caughtBy: taken('on sqlite > is no more its own when another one took it'),
  },
  {
    name: 'outward: an event is written behind a delivery that ends meanwhile',
    file: 'packages/core/src/deliveries/sql.ts',
    find: "if (familyOf(tx) === 'postgres') await lockLast(",
    replace: "if (familyOf(tx) !== 'postgres') await lockLast(",
    caughtBy: taken('an event behind a delivery that is being settled is due when that has ended'),
  },
  {
    name: 'outward: a webhook that came before fires again',
    file: 'packages/core/src/routines/commands/receive.ts',
    find: 'if (known) {',
    replace: "if (known?.id === '') {",
    caughtBy: { file: 'test/routines-webhooks.test.ts', test: 'on sqlite > fires for a signed delivery once' },
  },
  {
    name: 'outward: an agent that calls back twice is heard twice',
    file: 'packages/core/src/runs/commands/callback.ts',
    find: 'if (await isKnownCallback(',
    replace: "if (deliveryId === '' && await isKnownCallback(",
    caughtBy: { file: 'test/callbacks.test.ts', test: 'on sqlite > ends its run by a signed call' },
  },
  {
    name: 'outward: a delivery that ends its process is sent without end',
    file: 'packages/core/src/deliveries/commands.ts',
    find: 'const isSpent = (row: ClaimedRow) => row.tries >',
    replace: 'const isSpent = (row: ClaimedRow) => row.tries > 100 +',
    caughtBy: taken('a delivery that ends each process that sends it is given up'),
  },
  {
    name: 'outward: the server of a model may be anywhere',
    file: 'packages/adapters/src/models/adapter.ts',
    find: 'baseUrl === undefined ? null : await servers.refusal(baseUrl)',
    replace: 'baseUrl === undefined ? null : (await servers.refusal(baseUrl), null)',
    caughtBy: {
      file: 'packages/adapters/src/models/server-fetch.test.ts',
      test: 'the server of a model of gemini > is not asked in a network that the host does not allow',
    },
  },
]
