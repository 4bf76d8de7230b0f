import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import { messageOf } from '../kernel/failure.ts'
import type { Host } from '../kernel/host.ts'
import { createLoop, type Loop } from '../kernel/loop.ts'
import { keepBooks } from '../kernel/transaction.ts'
import { nextRun } from '../plugin-host/schedule.ts'
import type { PluginRuntime } from '../plugin-host/runtime.ts'
import type { PluginJob, PluginJobContext, PluginWorkContext } from '../plugin-host/types.ts'
import { inCompany, isActiveIn, type RunningPlugin } from '../plugin-host/work.ts'
import type { PluginJobTable } from '../plugins/table.ts'
import { isoTime } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'

/** How long a job may run before another process may begin it again, milliseconds. */
const jobLeaseMs = 15 * 60_000
/** How often a job that fails is tried again before it waits for its next time. */
const mostAttempts = 3

interface Job {
  readonly plugin: RunningPlugin
  readonly name: string
  readonly definition: PluginJob
}

/** Runs the jobs of plugins when they are due: in as many processes as there are, each time in one of them. */
export function createPluginJobLoop(host: Host, runtime: PluginRuntime, logger: Logger): Pick<Loop, 'start' | 'stop'> {
  const { clock, settings } = host
  const jobs = runtime.running.flatMap((plugin): Job[] =>
    Object.entries(plugin.definition.jobs ?? {}).map(([name, definition]) => ({ plugin, name, definition })),
  )
  const loop = createLoop({ name: 'plugin jobs', pass, pollMs: settings.sweepMs, clock, vitals: host.vitals, logger })
  const working = new Map<string, Promise<void>>()

  async function pass(signal: AbortSignal): Promise<boolean> {
    for (const job of jobs) {
      const key = `${job.plugin.definition.id} ${job.name}`
      if (signal.aborted || working.has(key)) continue
      const claimed = await claim(host, job)
      if (claimed)
        working.set(
          key,
          work(job, claimed, signal).finally(() => working.delete(key)),
        )
    }
    return false
  }

  async function work(job: Job, claimed: PluginJobTable, signal: AbortSignal): Promise<void> {
    const { plugin, name, definition } = job
    try {
      await definition.run(jobContext(host, job, { dueAt: claimed.next_at, signal, logger }))
      await settle(host, claimed, { attempts: 0, next_at: nextAt(host, definition) })
    } catch (error) {
      const attempts = claimed.attempts + 1
      logger.error('a job of a plugin failed', { plugin: plugin.definition.id, job: name, attempts, error: String(error) })
      const isOver = attempts >= mostAttempts
      const next_at = isOver ? nextAt(host, definition) : isoTime(clock.now() + settings.retryBaseMs * 2 ** attempts)
      await settle(host, claimed, { attempts: isOver ? 0 : attempts, next_at }).catch(() => undefined)
    }
  }

  return {
    start() {
      if (jobs.length > 0) loop.start()
    },
    async stop() {
      await loop.stop()
      // What does not end by itself is left behind; it is somebody else's when its claim is over.
      const waited = new AbortController()
      await Promise.race([Promise.all(working.values()), clock.sleep(settings.stopGraceMs, waited.signal)])
      waited.abort()
    },
  }
}

function nextAt({ clock }: Host, { schedule }: PluginJob): string {
  return isoTime(nextRun(schedule, clock.now()))
}

/** Takes a job that is due; one that is new waits for its first time. @returns it as it is now, with the time that it was due at */
async function claim(host: Host, { plugin, name, definition }: Job): Promise<PluginJobTable | null> {
  const key = { plugin: plugin.definition.id, name }
  const known = await find(host.db, key)
  if (!known) {
    const row = { ...key, next_at: nextAt(host, definition), fence: 0, attempts: 0 }
    await keepBooks(host.db, (tx) =>
      tx
        .insertInto('plugin_jobs')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute(),
    )
    return null
  }
  if (known.next_at > isoTime(host.clock.now())) return null
  const next_at = isoTime(host.clock.now() + jobLeaseMs)
  const claimed = { ...known, fence: known.fence + 1 }
  return (await settle(host, known, { fence: claimed.fence, next_at })) ? claimed : null
}

async function find(db: Kysely<Database>, { plugin, name }: { plugin: string; name: string }): Promise<PluginJobTable | null> {
  const row = await db.selectFrom('plugin_jobs').selectAll().where('plugin', '=', plugin).where('name', '=', name).executeTakeFirst()
  return row ?? null
}

/** Changes a job that is as it was read or claimed. @returns false when another has it by now */
async function settle({ db }: Host, { plugin, name, fence }: PluginJobTable, changes: Partial<PluginJobTable>): Promise<boolean> {
  const settled = await keepBooks(db, (tx) =>
    tx
      .updateTable('plugin_jobs')
      .set(changes)
      .where('plugin', '=', plugin)
      .where('name', '=', name)
      .where('fence', '=', fence)
      .executeTakeFirst(),
  )
  return settled.numUpdatedRows > 0n
}

interface Running {
  readonly dueAt: string
  readonly signal: AbortSignal
  readonly logger: Logger
}

function jobContext(host: Host, { plugin, name }: Job, { dueAt, signal, logger }: Running): PluginJobContext {
  return {
    dueAt,
    signal,
    log: logger,
    async forEachCompany(work) {
      for await (const companyId of activeCompanies(host)) {
        if (signal.aborted) return
        if (!(await isActiveIn(host, plugin, companyId))) continue
        const told = async (context: PluginWorkContext) => {
          try {
            await work(context)
          } catch (error) {
            context.log.error(`The job ${name} failed: ${messageOf(error)}`)
            throw error
          }
        }
        await inCompany(host, plugin, { companyId, signal, work: told }).catch((error: unknown) =>
          logger.error('a job of a plugin failed in a company', {
            plugin: plugin.definition.id,
            job: name,
            companyId,
            error: String(error),
          }),
        )
      }
    },
  }
}

const companiesAtOnce = 200

/** All companies in which anything is done, page by page. */
async function* activeCompanies({ db }: Host): AsyncGenerator<string> {
  for (let after: string | null = null; ;) {
    let page = db.selectFrom('companies').select('id').where('status', '=', 'active').orderBy('id').limit(companiesAtOnce)
    if (after !== null) page = page.where('id', '>', after)
    const rows: { id: string }[] = await page.execute()
    for (const { id } of rows) yield id
    after = rows.at(-1)?.id ?? null
    if (rows.length < companiesAtOnce) return
  }
}
