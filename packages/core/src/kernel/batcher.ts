import { familyOf } from '../database/open.ts'
import { isoTime } from '../ports/clock.ts'
import { reachOf } from './authorize.ts'
import type { AnyBatch, BatchCall, BatchContext, Batcher, ChangeAndRead, Done, OpenLog, Together } from './batch.ts'
import type { CommandContext } from './command.ts'
import { codeOf, messageOf } from './failure.ts'
import type { Host } from './host.ts'
import { inTransaction } from './transaction.ts'
import { openUnit } from './unit.ts'

interface Waiting {
  readonly call: BatchCall<unknown>
  resolve(done: Done<unknown> | null): void
  reject(error: unknown): void
}

/** The most calls of one statement. */
const mostTogether = 64

/**
 * While a statement is under way, calls that come meanwhile wait to go together: the busier it is, the fewer statements a call costs.
 * One that takes longer than this, milliseconds, may wait for a lock, and is not waited for any more.
 */
const patienceMs = 10
/** How many statements of one kind are under way at most. */
const mostUnderWay = 4

/** What is asked for under one key. */
interface Line {
  readonly waiting: Waiting[]
  underWay: number
  /** Those of them that nobody waits for any more. */
  late: number
  isScheduled: boolean
}

/** Collects the calls of one tick of the event loop, and those that come while others are under way; a lone call goes at the end of its tick. */
export function createBatcher(host: Omit<Host, 'batcher'>): Batcher {
  const lines = new Map<string, Line>()
  const isRemote = familyOf(host.db) === 'postgres'

  function join(key: string, batch: AnyBatch, waiting: Waiting): void {
    const line = lines.get(key) ?? { waiting: [], underWay: 0, late: 0, isScheduled: false }
    lines.set(key, line)
    line.waiting.push(waiting)
    // What is under way begins the next when it is back, or late.
    if (line.isScheduled || line.underWay > line.late) return
    line.isScheduled = true
    setImmediate(() => {
      line.isScheduled = false
      begin(key, batch, line)
    })
  }

  function begin(key: string, batch: AnyBatch, line: Line): void {
    if (line.waiting.length === 0 || line.underWay > line.late || line.underWay >= mostUnderWay) return
    line.underWay += 1
    let isLate = false
    const late = setTimeout(() => {
      isLate = true
      line.late += 1
      begin(key, batch, line)
    }, patienceMs)
    void runGroup(host, batch, line.waiting.splice(0, mostTogether)).finally(() => {
      clearTimeout(late)
      line.underWay -= 1
      if (isLate) line.late -= 1
      begin(key, batch, line)
      if (line.underWay === 0 && !line.isScheduled) lines.delete(key)
    })
  }

  return async ({ name, batch, scope }, { input, call }) => {
    if (!isRemote || call.idempotencyKey !== undefined) return null
    if (call.actor.kind === 'run' && !batch.fencesRuns) return null
    const companies = call.actor.kind === 'run' ? [call.actor.companyId] : reachOf(call.actor, scope)
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
    adapters: host.adapters,
    newId: host.newId,
    changeAndRead: (given) => changeAndRead(host, given),
    inTransaction: (work) => host.db.transaction().execute(work),
    asOne: (together, handle) => asOne(host, together, handle),
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

async function asOne<Output>(
  host: Omit<Host, 'batcher'>,
  { name, companyId, calls, whenArchived }: Together,
  handle: (contexts: readonly CommandContext[], log: OpenLog) => Promise<(Output | null)[]>,
): Promise<(Done<Output> | null)[]> {
  const nowMs = host.clock.now()
  return inTransaction(host, { companyId, locks: 'rows' }, async (tx, takeCompany) => {
    const unit = openUnit(host, { companyId, tx, takeCompany, nowMs })
    const contexts = calls.map(({ actor, requestId }) => unit.contextOf({ actor, ...(requestId !== null && { requestId }) }))
    await host.probe?.(`${name}.begun`)
    const outputs = await handle(contexts, unit.log)
    const first = contexts.find((_, index) => outputs[index] !== null)
    if (!first) return outputs.map(() => null)
    const events = await unit.finish(first, { name, ...(whenArchived !== undefined && { whenArchived }) })
    await host.probe?.(`${name}.recorded`)
    return outputs.map((output, index) => {
      const context = contexts[index]
      return output === null || !context ? null : { output, events: events.filter((event) => unit.isOf(event, context)) }
    })
  })
}

/** Constraints, values, other transactions, its own limits: the database refused the statement as a whole, so each call is tried by itself. */
function isRefusal(error: unknown): boolean {
  return /^(22|23|40|54)/.test(codeOf(error))
}

function changeAndRead<Row, Result>({ db }: Pick<Host, 'db'>, { change, read }: ChangeAndRead<Row, Result>): Promise<Result> {
  return db.connection().execute(async (connection) => {
    const rows = await change(connection)
    try {
      return await read(connection, rows)
    } catch (error) {
      throw unknownOutcome(error)
    }
  })
}

/** A connection that broke under a statement which commits by itself leaves open whether it did. */
function withUnknownOutcome(error: unknown): unknown {
  return codeOf(error) === '08006' ? unknownOutcome(error) : error
}

function unknownOutcome(error: unknown): Error {
  return Object.assign(new Error(messageOf(error), { cause: error }), { code: '08007' })
}
