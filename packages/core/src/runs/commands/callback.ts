import { z } from 'zod'

import { findAgent } from '../../agents/sql.ts'
import { command, type PrepareContext } from '../../kernel/command.ts'
import { EngineError, ruleViolated, withoutCredential } from '../../kernel/errors.ts'
import { Id } from '../../kernel/schema.ts'
import type { SignedCallback } from '../../ports/adapter.ts'
import { staleDelivery } from '../../routines/errors.ts'
import { ageMs } from '../../routines/signatures.ts'
import { openReferences } from '../../secrets/open.ts'
import { countCallbacks, insertCallback, isKnownCallback } from '../callbacks.ts'
import { aboutRun, runRef } from '../end.ts'
import { asExecuted } from '../setups.ts'
import { findRun } from '../sql.ts'
import type { RunTable } from '../table.ts'

const headerNames = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const
const bodyLimit = 1_048_576
const windowSec = 300
const mostCallbacks = 100
const longestDeliveryId = 200

export const receiveCallback = command({
  title: 'Take what the agent of a run calls back from elsewhere',
  description:
    'The signature is the credential; no other is needed. A call whose id is known already is answered with 200 and changes nothing, a new one with 202. A run takes 100 of them.',
  input: z.strictObject({
    runId: Id,
    body: z.string().max(bodyLimit).describe('As it was sent, to the byte.'),
    headers: z.partialRecord(z.enum(headerNames), z.string().max(4_096)),
  }),
  output: z.object({ isRepeat: z.boolean().describe('Whether this call had come before; then nothing was done.') }),
  access: { scope: 'runs:receive', company: 'run', carriesCredential: true },
  http: ['POST', '/runs/:runId/callbacks'],
  takesRequest: { headers: headerNames, limit: bodyLimit },
  successes: ['accepted', 'done'],
  success: ({ isRepeat }) => (isRepeat ? 'done' : 'accepted'),
  async prepare(context, { runId, headers, body }): Promise<string> {
    const run = await findRun(context.db, runId)
    const said = run?.company_id === context.companyId ? await genuineText(context, run, { headers, body }) : null
    if (said === null) throw withoutCredential('run')
    return said
  },
  async handle(context, { runId, headers }, body) {
    const { companyId } = context
    const run = await findRun(context.tx, runId)
    if (run?.company_id !== companyId) throw withoutCredential('run')
    const age = ageMs('standard', headers, context.clock.now())
    if (age === null || age > windowSec * 1_000) throw staleDelivery(windowSec)
    const deliveryId = readDeliveryId(headers['webhook-id'])
    if (await isKnownCallback(context.tx, { companyId, runId, deliveryId })) {
      context.unchanged()
      return { isRepeat: true }
    }
    if (run.status !== 'running') throw withoutCredential('run')
    const sequence = (await countCallbacks(context.tx, { companyId, runId })) + 1
    if (sequence > mostCallbacks) throw ruleViolated(`A run takes ${mostCallbacks} callbacks, and this one has them.`, { mostCallbacks })
    const row = { company_id: companyId, run_id: runId, sequence, delivery_id: deliveryId, body, received_at: context.now }
    await insertCallback(context.tx, row)
    context.emit('run.called_back', runRef(run), { ...aboutRun(run), deliveryId })
    return { isRepeat: false }
  },
})

/**
 * What a call says, without the secrets of its agent; null for one that its adapter does not take for genuine. Nobody is given a secret
 * here, so no access is noted, whoever calls: the run's own is. @throws `secrets_unavailable`
 */
async function genuineText(context: PrepareContext, run: RunTable, { headers, body }: Omit<SignedCallback<unknown>, 'config'>) {
  const agent = await findAgent(context.db, run.agent_id)
  if (!agent || run.adapter_type === null) return null
  const { adapter_type: type, adapter_config: config } = asExecuted(agent, run)
  const adapter = context.adapters.types.includes(type) ? context.adapters.get(type) : null
  if (!adapter?.isGenuine) return null
  const { companyId } = context
  const given = { companyId, config: JSON.parse(config) as unknown, fields: adapter.secretFields, note: async () => undefined }
  try {
    const opened = await openReferences(context, given)
    const isGenuine = adapter.isGenuine({ config: context.adapters.parseConfig(type, opened.config), headers, body })
    return isGenuine ? opened.redactor.redact(body) : null
  } catch (error) {
    // A configuration that can not be opened lets nobody in; whose store does not answer may call again.
    if (!EngineError.isInstance(error) || error.kind === 'unavailable') throw error
    return null
  }
}

function readDeliveryId(id = ''): string {
  if (id === '' || id.length > longestDeliveryId)
    throw ruleViolated(`The id of a callback, in the header webhook-id, has 1 to ${longestDeliveryId} characters.`)
  return id
}
