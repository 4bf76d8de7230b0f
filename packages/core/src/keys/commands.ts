import { z } from 'zod'

import { requireAgent } from '../agents/change.ts'
import { assertMay } from '../kernel/authorize.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound, ruleViolated } from '../kernel/errors.ts'
import { Flag, Id } from '../kernel/schema.ts'
import { findOwnMembership } from '../members/sql.ts'
import { cancelAndRelease } from '../runs/cancel.ts'
import { issueKey, revokeKey } from './issue.ts'
import { KeyInput, NewKey, RevokedKey } from './schema.ts'
import { findKey, outsideRuns } from './sql.ts'
import { toKey, type KeyTable } from './table.ts'

export const create = command({
  title: 'Make a key for an agent',
  description: 'With it the agent acts from outside: it checks tasks out and gets a run, whose credential it works with.',
  input: z.strictObject({ agentId: Id, ...KeyInput }),
  output: NewKey,
  access: { scope: 'keys:manage', company: 'agent' },
  http: ['POST', '/agents/:agentId/keys'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  async handle(context, input) {
    const agent = await requireAgent(context, input.agentId)
    if (agent.status === 'terminated') throw ruleViolated(`The agent ${agent.name} is terminated; a key for it would open nothing.`)
    return issueKey(context, { kind: 'agent', agentId: agent.id }, input)
  },
})

export const createOwn = command({
  title: 'Make a key for yourself',
  description: 'It acts for your membership in this company, with the role that you have there at each call, and nowhere else.',
  input: z.strictObject({ companyId: Id, ...KeyInput }),
  output: NewKey,
  access: { scope: 'keys:own', company: 'company' },
  http: ['POST', '/companies/:companyId/keys'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  async handle(context, input) {
    const member = await findOwnMembership(context.tx, context)
    if (member?.status !== 'active') {
      throw ruleViolated('You are no member of this company, so there is nobody whom a key of yours could act for. Ask to be added.')
    }
    return issueKey(context, { kind: 'user', memberId: member.id }, input)
  },
})

export const revoke = command({
  title: 'Revoke a key',
  description:
    'From then on it is refused everywhere. Your own, or any as an admin. Runs that an agent began with it have credentials of their own: `runsLeft` names those that may, and `endsRuns` ends them too.',
  input: z.strictObject({
    keyId: Id,
    endsRuns: Flag.default(false).describe('Also cancels what its agent works on from outside, also when the key was revoked before.'),
  }),
  output: RevokedKey,
  access: { scope: 'keys:own', company: 'key' },
  http: ['POST', '/keys/:keyId/revoke'],
  whenArchived: 'rights can be taken away at any time',
  async handle(context, input) {
    const key = await findKey(context.tx, input.keyId)
    if (!key) throw notFound('key', input.keyId)
    await assertOwnOrManager(context, key)
    const revoked = key.revoked_at === null ? await revokeKey(context, key, 'revoked') : key
    const left = key.agent_id === null ? [] : await outsideRuns(context.tx, { companyId: context.companyId, agentId: key.agent_id })
    if (input.endsRuns) for (const run of left) await cancelAndRelease(context, run, { verb: 'cancel', reason: 'key_revoked' })
    else if (key.revoked_at !== null) context.unchanged()
    if (input.endsRuns && left.length === 0 && key.revoked_at !== null) context.unchanged()
    const runsLeft = input.endsRuns ? [] : left.map(({ id, task_id: taskId, status }) => ({ id, taskId, status }))
    return { ...toKey(revoked), runsLeft }
  },
})

async function assertOwnOrManager(context: CommandContext, key: KeyTable): Promise<void> {
  const own = await findOwnMembership(context.tx, context)
  if (own === null || key.member_id !== own.id) assertMay(context, 'keys:manage')
}
