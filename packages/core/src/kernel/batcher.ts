import { familyOf } from '../database/open.ts'
import { isoTime } from '../ports/clock.ts'
import { reachOf } from './authorize.ts'
import type { AnyBatch, BatchCall, BatchContext, Batcher, Done } from './batch.ts'
import type { Host } from './host.ts'

interface Waiting {
  readonly call: BatchCall<unknown>
  resolve(done: Done<unknown> | null): void
  reject(error: unknown): void
}

/** The most calls of one statement. */
const mostTogether = 64

/** Collects the calls of one tick of the event loop; a lone call goes at the end of its tick. */
export function createBatcher(host: Omit<Host, 'batcher'>): Batcher {
  const groups = new Map<string, Waiting[]>()
  const isRemote = familyOf(host.db) === 'postgres'

  function join(key: string, batch: AnyBatch, waiting: Waiting): void {
    const group = groups.get(key)
    if (group && group.length < mostTogether) return void group.push(waiting)
    const started = [waiting]
    groups.set(key, started)
    setImmediate(() => {
      if (groups.get(key) === started) groups.delete(key)
      void runGroup(host, batch, started)
    })
  }

  return async ({ name, batch, scope }, { input, call }) => {
    if (!isRemote || call.idempotencyKey !== undefined || call.actor.kind === 'run') return null
    const companies = reachOf(call.actor, scope)
    // The input was parsed by the schema of this batch's command.
    const key = batch.key(input as never, call.actor)
    if (key === null || companies === null) return null
    const { actor, requestId = null } = call
    return new Promise((resolve, reject) => {
      join(`${name} ${key}`, batch, { call: { input, actor, requestId, companies }, resolve, reject })
    })
  }
}

async function runGroup(host: Omit<Host, 'batcher'>, batch: AnyBatch, group: readonly Waiting[]): Promise<void> {
  const context: BatchContext = {
    db: host.db,
    now: isoTime(host.clock.now()),
    epoch: host.epoch,
    settings: host.settings,
    newId: host.newId,
  }
  try {
    // As above: each input fits this batch.
    const answers = await batch.run(context, group.map((waiting) => waiting.call) as never)
    for (const [index, waiting] of group.entries()) waiting.resolve(answers[index] ?? null)
  } catch (error) {
    for (const waiting of group) {
      if (isRefusal(error)) waiting.resolve(null)
      else waiting.reject(withUnknownOutcome(error))
    }
  }
}

/** Constraints, values, other transactions, its own limits: the database refused the statement as a whole, so each call is tried by itself. */
function isRefusal(error: unknown): boolean {
  return /^(22|23|40|54)/.test(codeOf(error))
}

/** A connection that broke under a statement which commits by itself leaves open whether it did. */
function withUnknownOutcome(error: unknown): unknown {
  if (!(error instanceof Error) || codeOf(error) !== '08006') return error
  return Object.assign(new Error(error.message, { cause: error }), { code: '08007' })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
