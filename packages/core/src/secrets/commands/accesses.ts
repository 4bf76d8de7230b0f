import { z } from 'zod'

import { command } from '../../kernel/command.ts'
import { Id } from '../../kernel/schema.ts'
import { AccessOutcome } from '../schema.ts'
import { noteAccess } from '../sql.ts'

/** How many accesses of a secret are kept. */
const kept = 1_000

export const recordAccesses = command({
  title: 'Note which values a run, a route or a plugin wanted, before it gets them',
  input: z.strictObject({
    companyId: Id,
    runId: Id.nullable().default(null),
    agentId: Id.nullable().default(null),
    routeId: Id.nullable().default(null),
    pluginId: Id.nullable().default(null),
    accesses: z.array(z.strictObject({ secretId: Id, number: z.number().int().nullable(), outcome: AccessOutcome })).max(1_000),
  }),
  output: z.object({ noted: z.number().int() }),
  access: { scope: 'engine:internal', company: 'company' },
  unaudited: 'accesses are a log of their own, of which the newest of each secret are kept',
  locks: 'rows',
  whenArchived: 'what still runs there has to end',
  async handle(context, { runId, agentId, routeId, pluginId, accesses }) {
    const owner = { run_id: runId, agent_id: agentId, route_id: routeId, plugin_id: pluginId }
    for (const { secretId, number, outcome } of accesses) {
      const row = { id: context.newId(), company_id: context.companyId, secret_id: secretId, number, outcome }
      await noteAccess(context.tx, { ...row, ...owner, at: context.now }, kept)
    }
    return { noted: accesses.length }
  },
})
