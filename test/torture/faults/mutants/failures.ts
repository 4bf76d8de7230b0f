import type { Mutant } from '../mutant.ts'

const failing = (test: string, storage = 'sqlite') => ({ file: 'test/failures.test.ts', test: `on ${storage} > ${test}` })
const provider = (test: string, storage = 'sqlite') => failing(`a provider that lets nobody work > ${test}`, storage)
const inSettlement = (test: string) => ({ file: 'packages/core/src/runs/settlement.test.ts', test: `the end of a run > ${test}` })
const change = 'packages/core/src/breakers/change.ts'
const cooling = 'packages/core/src/breakers/cooling.ts'
const choose = 'packages/core/src/runs/choose-adapter.ts'

/** What follows from failures: cooldowns, fallbacks, circles. */
export const failureFaults: readonly Mutant[] = [
  {
    name: 'an outage burns attempts',
    file: 'packages/core/src/runs/settlement.ts',
    find: '{ reason, attempt, afterMs: facts.hasBreaker',
    replace: '{ reason, attempt: attempt + 1, afterMs: facts.hasBreaker',
    caughtBy: inSettlement('burns no attempt for what is the matter with a provider'),
    isQuick: true,
  },
  {
    name: 'an outage starts runs all the same',
    file: cooling,
    find: 'return profiles.length === 0 ? [] : [{ ...agent, only: { profiles, beyondLimits: false } }]',
    replace: 'return [agent]',
    caughtBy: provider('delays nobody who depends on another one'),
  },
  {
    name: 'an outage is not asked about when a run is claimed',
    file: choose,
    find: 'if (!breaker) return',
    replace: 'if (!breaker || breaker.version > 0) return',
    caughtBy: provider('is tried by one run of all that wait'),
  },
  {
    name: 'a cooled provider is tried by every run that comes',
    file: 'packages/core/src/breakers/sql.ts',
    find: `    .where('version', '=', given.version)
    .where('status', '!=', 'closed')
    .where('cools_until', '<=', present(family, given.now))
`,
    replace: `    .where('version', '>=', given.version)
`,
    caughtBy: provider('is tried by one run of all that wait', 'postgres'),
  },
  {
    name: 'a provider is tried before it has cooled',
    file: 'packages/core/src/breakers/sql.ts',
    find: `    .where('cools_until', '<=', present(family, given.now))
    .returningAll(),`,
    replace: `    .where('cools_until', '>', '2000-01-01T00:00:00.000Z')
    .returningAll(),`,
    caughtBy: provider('is tried by one run of all that wait'),
  },
  {
    name: 'a cooldown is shorter than the provider asked for',
    file: 'packages/core/src/breakers/cooldown.ts',
    find: 'Math.max(retryAfterMs ?? 0,',
    replace: 'Math.max(Math.min(retryAfterMs ?? 0, capMs),',
    caughtBy: { file: 'packages/core/src/breakers/cooldown.test.ts', test: 'never shorter than the provider asked' },
    isQuick: true,
  },
  {
    name: 'a probe that was lost keeps everybody waiting',
    file: change,
    find: "if (verdict === 'unclear') await leaveCooled(context, breaker)",
    replace: "if (verdict === 'unclear') return true",
    caughtBy: provider('is tried again by the next run when the one that tried was lost'),
  },
  {
    name: 'a probe that asks somebody keeps everybody waiting',
    file: 'packages/core/src/runs/suspend.ts',
    find: "  await endProbe(context, next, 'works')\n",
    replace: "  if (next.status !== 'waiting') await endProbe(context, next, 'works')\n",
    caughtBy: provider('works for all when the run that tries it has a question'),
  },
  {
    name: 'an outage of one server is one of all',
    file: 'packages/core/src/kernel/adapters.ts',
    find: 'return byType.get(type)?.provider?.(config) ??',
    replace: 'return byType.get(type)?.provider?.(config)?.slice(0, 0) ??',
    caughtBy: provider('is told from others of the same adapter'),
  },
  {
    name: 'a conversation is gone on with by another adapter',
    file: 'packages/core/src/runs/session.ts',
    find: 'agent: asExecuted(agent, run)',
    replace: 'agent: asExecuted(agent, { ...run, adapter_place: null })',
    caughtBy: failing('the adapters of an agent > go on with no conversation but their own'),
  },
  {
    name: 'a fallback is passed over',
    file: 'packages/core/src/runs/setups.ts',
    find: '...fallbacksOf(agent)]',
    replace: '...fallbacksOf(agent).slice(1)]',
    caughtBy: failing('the adapters of an agent > take over in their order'),
  },
  {
    name: 'a preference for the cheap profile is not asked for',
    file: choose,
    find: "agent.profiles === '{}' ? null :",
    replace: "agent.profiles !== '' ? null :",
    caughtBy: failing('the adapters of an agent > are the cheap profile first'),
  },
  {
    name: 'an agent goes in circles once more than it may',
    file: 'packages/core/src/runs/runaway.ts',
    find: '>= limitOf(reason)',
    replace: '> limitOf(reason)',
    caughtBy: failing('an agent that goes in circles > is not started a sixth time'),
  },
  {
    name: 'an agent goes in circles although its task comes further',
    file: 'packages/core/src/tasks/transition.ts',
    find: '...(!isRunGone(move) && { moved_at: now }),',
    replace: "...(move.to === 'cancelled' && { moved_at: now }),",
    caughtBy: failing('an agent that goes in circles > is none that its task comes further by'),
  },
  {
    name: 'the most urgent run tries a provider, not the one that has waited longest',
    file: cooling,
    find: 'runAt(left.place) < runAt(right.place)',
    replace: 'left.place < right.place',
    caughtBy: failing('a provider that fails by itself > is tried by what has waited longest, so that urgent tasks of one agent'),
  },
]
