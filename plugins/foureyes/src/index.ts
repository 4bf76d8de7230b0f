import { definePlugin, z } from '@engine/core/plugin'
import type { JsonValue } from '@engine/core/plugin'

const Config = z.strictObject({
  fromMicros: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe('From which amount of micro-dollars on two people are needed; 0 for every request.'),
})

/** The fields of a request that say what it may cost, in micro-dollars. */
const amounts = ['costMicros', 'amountMicros', 'limitMicros', 'proposedLimit']

/**
 * Two people for what costs much: from an amount on, whoever asked for something does not approve it. Together with the one who asked,
 * that makes two who said yes. It says no in the transaction of the approval, so nobody gets by.
 */
export function fourEyes() {
  return definePlugin({
    id: 'foureyes',
    version: '1.0.0',
    engine: '^1',
    title: 'Four eyes',
    description: 'From an amount on, nobody approves what they asked for themselves.',
    configSchema: Config,
    policies: {
      async 'approvals.approve'({ actor, config, engine, veto }, { approvalId }) {
        // Only people decide; the program itself is nobody whose second pair of eyes could be missing.
        if (actor.kind !== 'user') return
        const approval = await engine.approvals.get({ approvalId })
        const { fromMicros } = Config.parse(config)
        if (amountOf(approval.payload) < fromMicros) return
        if (approval.requestedBy.kind === 'user' && approval.requestedBy.id === actor.id)
          veto('You asked for this yourself, so somebody else approves it.', { approvalId, requestedBy: actor.id, fromMicros })
      },
    },
  })
}

/** What a request may cost at most; without limit when it does not say. */
function amountOf(payload: Readonly<Record<string, JsonValue>>): number {
  const named = amounts.map((field) => payload[field]).filter((value) => typeof value === 'number')
  return named.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...named)
}
