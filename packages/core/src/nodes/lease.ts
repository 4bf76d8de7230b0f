import { runRefusalOf } from '../budgets/run-refusal.ts'
import type { RunActor } from '../kernel/actor.ts'
import { onlyTypes } from '../kernel/adapters.ts'
import type { PrepareContext } from '../kernel/command.ts'
import { EngineError, kernelErrors } from '../kernel/errors.ts'
import { beginningReader, type BeginningReader } from '../runs/beginning.ts'
import { claimableRuns } from '../runs/claimable.ts'
import { runsHeldBy } from '../runs/lease.ts'
import { openRun } from '../runs/open.ts'
import type { Run } from '../runs/schema.ts'
import { forgetRedactors, keepRedactor } from './redaction.ts'
import type { LeasedRun } from './schema.ts'
import { findNode } from './sql.ts'

/** A node, and what it can execute. */
interface Taker {
  readonly id: string
  readonly adapters: readonly string[]
}

interface Asked {
  readonly limit: number
  readonly knownRunIds?: readonly string[] | undefined
}

interface Leasing extends PrepareContext {
  readonly beginningOf: BeginningReader
}

/** Claims runs for a node as a worker with the database claims its own, and opens what their execution needs. */
export async function leaseRuns(context: PrepareContext, { limit, knownRunIds }: Asked): Promise<LeasedRun[]> {
  const { db, now } = context
  const node = await findNode(db, context.actor.id)
  if (!node) return []
  const held = await heldStill(context, { nodeId: node.id, knownRunIds })
  if (node.status !== 'active') return []
  const free = Math.min(limit, node.capacity - held)
  if (free <= 0) return []
  const adapters = onlyTypes(context.adapters, JSON.parse(node.adapters))
  const runIds = await claimableRuns(adapters)(db, { now, limit: free })
  if (runIds.length === 0) return []
  await forgetRedactors(context)
  const leasing = { ...context, beginningOf: beginningReader(db) }
  const leased = await Promise.all(runIds.map((runId) => leaseRun(leasing, { id: node.id, adapters: adapters.types }, runId)))
  return leased.filter((run) => run !== null)
}

/**
 * Hands back what a node was given by an answer that it never got, as if it had done so itself: what that answer gave out opens nothing
 * from then on, also when it arrives late. @returns how many runs the node has leases for then
 */
async function heldStill(context: PrepareContext, given: { nodeId: string; knownRunIds: Asked['knownRunIds'] }): Promise<number> {
  const held = await runsHeldBy(context.db, given.nodeId)
  if (!given.knownRunIds) return held.size
  const known = new Set(given.knownRunIds)
  const unknown = [...held].filter((runId) => !known.has(runId))
  await Promise.all(unknown.map((runId) => handBack(context, runId)))
  return held.size - unknown.length
}

async function handBack(context: PrepareContext, runId: string): Promise<void> {
  try {
    await context.perform('runs.handBack', { runId, reason: 'answer_lost' })
  } catch (error) {
    // It ended meanwhile.
    if (!EngineError.isInstance(error) || error.kind === 'internal') throw error
  }
}

async function leaseRun(context: Leasing, node: Taker, runId: string): Promise<LeasedRun | null> {
  const claimed = await claim(context, node, runId)
  if (!claimed) return null
  const { run, credential } = claimed
  const { companyId, agentId, taskId, fence } = run
  const actor: RunActor = { kind: 'run', id: run.id, companyId, agentId, taskId, fence: fence ?? 0 }
  try {
    const opened = await openRun(context, actor, Date.parse(context.now))
    keepRedactor(context, { runId: run.id, nodeId: node.id, opened })
    const { context: told, adapterType, config, env, session, allowance, secrets } = opened
    const setup = { context: told, adapterType, config, env, session, allowance, secrets: [...secrets] }
    return { run, credential, failure: null, setup }
  } catch (error) {
    // The others were claimed already, so this one's failure is this one's own.
    const { code, message } = EngineError.isInstance(error) ? error : new EngineError(kernelErrors.internal, 'The run could not be opened.')
    return { run, credential, setup: null, failure: { code, message } }
  }
}

async function claim(context: PrepareContext, node: Taker, runId: string): Promise<{ run: Run; credential: string } | null> {
  try {
    const input = { runId, workerId: node.id, adapters: [...node.adapters] }
    // The registry's answer to runs.claim.
    const { run, credential } = (await context.perform('runs.claim', input)) as { run: Run; credential: string | null }
    // It would have gone in circles, and was cancelled.
    return credential === null ? null : { run, credential }
  } catch (error) {
    // Somebody else was faster, or the facts changed since the query; the node asks again soon.
    if (EngineError.isInstance(error) && error.kind === 'budget')
      await context.perform('runs.postpone', { runId, refusal: runRefusalOf(error) }).catch(() => undefined)
    if (EngineError.isInstance(error) && error.kind !== 'internal') return null
    throw error
  }
}
