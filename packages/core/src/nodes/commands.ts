import { z } from 'zod'

import { changedMeanwhile } from '../kernel/change.ts'
import { command } from '../kernel/command.ts'
import { EngineError, kernelErrors, notFound } from '../kernel/errors.ts'
import { assertFuture } from '../kernel/future.ts'
import { Id, Name, TimeInput } from '../kernel/schema.ts'
import { hashSecret, isSecret, newSecret } from '../kernel/secret.ts'
import { isoTime } from '../ports/clock.ts'
import { recordLateUsage } from '../runs/commands/usage.ts'
import { runsHeldBy } from '../runs/lease.ts'
import { findRun } from '../runs/sql.ts'
import { keptMs, ofInstallation } from '../workers/installation.ts'
import { workerMachine } from '../workers/machine.ts'
import { ago, forgetWorkers, insertWorker, moveWorker } from '../workers/sql.ts'
import { leaseRuns } from './lease.ts'
import { LeasedRun, NewNodeKey, NodeBeat, NodeDescription, NodeKey, RegisteredNode } from './schema.ts'
import { findNodeKey, findNodeKeyByHash, findNodeOfToken, insertNodeKey, noteNodeBeat, renewNode, revokeNodeKey } from './sql.ts'
import { toNodeKey, type NodeKeyTable } from './table.ts'

const shownCharacters = 15
/** How long what a node comes with lasts without a sign of life, milliseconds. */
const tokenMs = 15 * 60_000
/** How long a node is silent at most while all is well: it hears of what was cancelled by the answer. */
const longestBeatMs = 3_000

const managed = { scope: 'workers:manage', company: 'installation' } as const
const own = { scope: 'nodes:work', company: 'installation' } as const

export const createKey = command({
  title: 'Make a key with which nodes register',
  description: 'A machine that has it is given the work of all companies, with the secrets that it needs. One for each machine is best.',
  input: z.strictObject({
    name: Name,
    expiresAt: TimeInput.nullable().optional().describe('From when on nothing registers with it; null or left out for never.'),
  }),
  output: NewNodeKey,
  access: managed,
  http: ['POST', '/node-keys'],
  mcp: { leftOut: 'it answers with a key, which is not for a model to read' },
  creates: true,
  ...ofInstallation,
  async handle(context, { name, expiresAt = null }) {
    assertFuture(context, expiresAt)
    const { secret, hash } = newSecret('nodekey')
    const row: NodeKeyTable = {
      id: context.newId(),
      name,
      prefix: secret.slice(0, shownCharacters),
      hash,
      expires_at: expiresAt,
      revoked_at: null,
      created_by: context.actor.id,
      created_at: context.now,
    }
    await insertNodeKey(context.tx, row)
    return { ...toNodeKey(row), key: secret }
  },
})

export const revokeKey = command({
  title: 'Revoke a key of nodes',
  description: 'From then on nothing registers with it, and the nodes that did are let in no more, nor are the runs that they execute.',
  input: z.strictObject({ nodeKeyId: Id }),
  output: NodeKey,
  access: managed,
  http: ['POST', '/node-keys/:nodeKeyId/revoke'],
  ...ofInstallation,
  async handle({ tx, now }, { nodeKeyId }) {
    const key = await findNodeKey(tx, nodeKeyId)
    if (!key) throw notFound('node key', nodeKeyId)
    if (key.revoked_at !== null) return toNodeKey(key)
    if (!(await revokeNodeKey(tx, { id: key.id, now }))) throw changedMeanwhile('node key', key.id)
    return toNodeKey({ ...key, revoked_at: now })
  },
})

export const register = command({
  title: 'Register as a node, which executes runs without the database',
  description: 'The key is the credential; no other is needed. What it is answered lasts as long as the node gives signs of life.',
  input: z.strictObject({
    key: z.string().min(1).max(200).describe('What `nodes.createKey` gave as `key`.'),
    renews: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('The credential that this node came with before, which has become too old. One that was revoked does not come back by it.'),
    ...NodeDescription.shape,
  }),
  output: RegisteredNode,
  access: { scope: 'nodes:register', company: 'installation', carriesCredential: true },
  http: ['POST', '/nodes/register'],
  creates: true,
  ...ofInstallation,
  async handle(context, { key: text, renews, engineVersion, adapters, ...described }) {
    const { tx, now, settings } = context
    const key = isSecret('nodekey', text) ? await findNodeKeyByHash(tx, hashSecret(text)) : null
    const before = renews === undefined || !key ? null : await findNodeOfToken(tx, { hash: hashSecret(renews), keyId: key.id })
    // What registered before the end of its key goes on after that.
    const expiresAt = before ? null : (key?.expires_at ?? null)
    // Nothing tells which of these it is.
    if (!key || key.revoked_at !== null || (expiresAt !== null && expiresAt <= now) || before?.status === 'stopped') throw keyRefused()
    const { secret, hash } = newSecret('node')
    const workerId = before?.id ?? context.newId()
    const credentialExpiresAt = isoTime(context.clock.now() + tokenMs)
    const row = {
      ...described,
      id: workerId,
      engine_version: engineVersion,
      adapters: JSON.stringify(adapters),
      started_at: now,
      token_hash: hash,
      token_expires_at: credentialExpiresAt,
    }
    // The same one: whoever told it to take nothing more still means it.
    if (before) await renewNode(tx, row)
    else {
      await forgetWorkers(tx, ago(now, keptMs))
      await insertWorker(tx, { ...row, changed_by: 'worker', changed_at: now, node_key_id: key.id })
    }
    const { leaseMs, pollMs } = settings
    return { workerId, credential: secret, credentialExpiresAt, leaseMs, pollMs, beatMs: Math.min(settings.workerBeatMs, longestBeatMs) }
  },
})

function keyRefused(): EngineError {
  const message = 'This key registers no node here. It may be mistyped, revoked, expired, or of another server.'
  return new EngineError(kernelErrors.unauthenticated, message)
}

export const heartbeat = command({
  title: 'Say that a node lives, and hear what it is to be and which runs it still has',
  input: z.strictObject({}),
  output: NodeBeat,
  access: own,
  http: ['POST', '/nodes/heartbeat'],
  mcp: { leftOut: 'it is for machines that execute runs' },
  ...ofInstallation,
  async handle({ tx, actor, now, clock }) {
    const until = { ms: tokenMs, at: isoTime(clock.now() + tokenMs) }
    const row = await noteNodeBeat(tx, { id: actor.id, now, ...until })
    if (!row) throw notFound('node', actor.id)
    const runIds = await runsHeldBy(tx, actor.id)
    return { status: row.status, runIds: [...runIds], credentialExpiresAt: row.token_expires_at ?? until.at }
  },
})

export const lease = command({
  title: 'Take queued runs for a node, with what their execution needs',
  description: 'Only runs of agents whose adapter the node has. The answer holds the values of the secrets that the runs need.',
  input: z.strictObject({
    limit: z.number().int().min(1).max(100),
    knownRunIds: z
      .array(Id)
      .max(10_000)
      .optional()
      .describe(
        'The runs that the node was given. When it says so, what it has leases for and does not name is handed back first, without an attempt burnt: an answer was lost on its way.',
      ),
  }),
  output: z.object({ runs: z.array(LeasedRun) }),
  access: own,
  http: ['POST', '/nodes/lease'],
  ...ofInstallation,
  answersOnce: 'its answer holds the values of secrets, and is kept nowhere',
  needsOwnTransaction: 'each run is claimed in one of its own, and stores of secrets are asked',
  prepare: leaseRuns,
  handle: async (_context, _input, runs) => ({ runs }),
})

export const recordUsage = command({
  title: 'Say what a run consumed that this node executed, and that has lost its lease meanwhile',
  input: recordLateUsage.input,
  output: z.object({ isKept: z.boolean().describe('False for a run that is not, or no more, of this node.') }),
  access: own,
  http: ['POST', '/nodes/usage'],
  ...ofInstallation,
  answersOnce: 'what it tells has a number of its own, by which it counts once',
  needsOwnTransaction: 'it is kept in the company of the run',
  async prepare(context, input) {
    const run = await findRun(context.db, input.runId)
    // Whoever executes it now tells what it consumes now.
    if (run?.worker_id !== context.actor.id || run.fence !== input.fence) return false
    await context.perform('runs.recordLateUsage', input)
    return true
  },
  handle: async (_context, _input, isKept) => ({ isKept }),
})

export const leave = command({
  title: 'Say that a node has stopped',
  description: 'What it came with opens nothing any more. It hands its runs back before.',
  input: z.strictObject({}),
  output: z.object({}),
  access: own,
  http: ['POST', '/nodes/leave'],
  ...ofInstallation,
  answersOnce: 'what it came with is over when it is answered',
  async handle({ tx, actor, now }) {
    const changes = { status: 'stopped', changed_by: 'worker', changed_at: now } as const
    await moveWorker(tx, { id: actor.id, from: [...workerMachine.sources('leave', 'stopped')], changes })
    return {}
  },
})
