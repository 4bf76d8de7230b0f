import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import type { DatabaseFacts, Inspection, Storage } from '@engine/core'

import type { ServeFlags, StartConfig } from './config.ts'
import { examineStart, type Finding } from './doctor-start.ts'
import { messageOf } from './failure.ts'
import { findSecrets } from './secret-key.ts'
import { megabytes } from './text.ts'
import { withDatabase } from './with-database.ts'

/** A WAL of this size is not being moved into its database: something reads without end. */
const walAlarmBytes = 64 * 1024 * 1024
/** Behind a transaction of this age, events of others wait to be shown. */
const transactionAlarmMs = 5 * 60_000

/** Further apart, times in the log and on the page are puzzling; nothing is decided by them. */
const clockAlarmMs = 60_000

export interface DoctorFlags extends ServeFlags {
  readonly json?: boolean
}

/** Prints how things are; the exit code says whether all is well. */
export async function doctorCommand(storage: Storage, start: StartConfig, { json = false }: DoctorFlags): Promise<void> {
  const findings = [
    { isGood: true, what: 'Node.js', found: process.versions.node },
    ...(await examine(storage, start)),
    ...(await examineStart(start)),
  ]
  if (json) console.log(JSON.stringify(findings, null, 2))
  else for (const finding of findings) print(finding)
  if (findings.some((finding) => !finding.isGood)) process.exitCode = 1
}

function print({ isGood, what, found, advice }: Finding): void {
  console.log(`${isGood ? '  good ' : '  ALARM'}  ${what.padEnd(19)} ${found}`)
  if (advice !== undefined) console.log(`         ${''.padEnd(19)} ${advice}`)
}

async function examine(storage: Storage, start: StartConfig): Promise<Finding[]> {
  const { file } = start
  if (file !== null && isUntouched(dirname(file))) return [{ isGood: true, what: 'database', found: `none yet; a start makes ${file}` }]
  try {
    return await withDatabase(storage, async (database) => {
      const facts = await database.facts()
      const rows = facts.schemaProblem === null ? [await judgeRows(database), await judgeCaps(database, start)] : [unread]
      return [
        { isGood: true, what: 'database', found: `${storage.id} answers` },
        ...judge(facts),
        ...rows,
        await judgeSealed(database, start),
      ]
    })
  } catch (error) {
    return [{ isGood: false, what: 'database', found: messageOf(error) }]
  }
}

/** Whether nothing was ever kept there; where only the database is missing, it was taken away. */
function isUntouched(folder: string): boolean {
  return !existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0)
}

/** What a database's facts mean. Pure. */
function judge(facts: DatabaseFacts): Finding[] {
  const { schemaProblem, epoch, oldestTransactionMs, walBytes, clockAheadMs } = facts
  const newest = facts.migrations.at(-1)
  const life = facts.isUnopenedCopy ? 'a copy that nobody opened: it will begin a new one' : `${epoch ?? 'none yet'}`
  const findings = [
    { isGood: schemaProblem === null, what: 'schema', found: schemaProblem ?? `${newest}, which is the newest` },
    { isGood: true, what: 'epoch', found: life },
    { isGood: true, what: 'kept answers', found: `${facts.idempotencyRows} of keyed requests` },
  ]
  if (oldestTransactionMs !== null)
    findings.push({
      isGood: oldestTransactionMs <= transactionAlarmMs,
      what: 'oldest transaction',
      found:
        oldestTransactionMs === 0 ? 'none open' : `${Math.ceil(oldestTransactionMs / 1000)} s old; later events wait for one that writes`,
    })
  if (clockAheadMs !== null)
    findings.push({
      isGood: Math.abs(clockAheadMs) <= clockAlarmMs,
      what: 'clock',
      found: `${Math.abs(clockAheadMs) / 1000} s ${clockAheadMs < 0 ? 'ahead of' : 'behind'} the database's; set both by NTP when it is a minute`,
    })
  if (walBytes !== null)
    findings.push({
      isGood: walBytes <= walAlarmBytes,
      what: 'WAL',
      found: `${megabytes(walBytes)} of ${megabytes(walAlarmBytes)} at most${walBytes > walAlarmBytes ? '; a reader that never ends keeps it from shrinking' : ''}`,
    })
  return findings
}

const unread: Finding = { isGood: false, what: 'rows', found: 'not looked at, because of the schema' }

async function judgeRows(database: Inspection): Promise<Finding> {
  const { checks, isSound } = await database.verify()
  const broken = checks.filter((check) => !check.isHeld).map((check) => `${check.name} (${check.count})`)
  const found = isSound ? `all ${checks.length} invariants hold` : `${broken.join(', ')}; engine verify has the rows`
  return { isGood: isSound, what: 'rows', found }
}

/** Whom limits keep from starting, by the adapters that a server has here; those of plugins are not loaded to look. */
async function judgeCaps(database: Inspection, { allowed }: StartConfig): Promise<Finding> {
  const what = 'caps of runs'
  const { openAdapters } = await import('./adapters.ts')
  let adapters
  try {
    adapters = openAdapters(allowed)
  } catch (error) {
    return { isGood: false, what, found: `not looked at, since a start would fail: ${messageOf(error)}` }
  }
  const { agentsWithoutCap: named, moreAgentsWithoutCap: more } = await database.agentsWithoutCap(adapters)
  const [first] = named
  if (!first) return { isGood: true, what, found: 'no agent stands still for want of one' }
  const names = named.map((agent) => `${plain(agent.name)} of ${plain(agent.companyName)} (${agent.adapterTypes.join(', ')})`)
  return {
    isGood: false,
    what,
    found: `under a hard limit of money these do not start: ${names.join(', ')}${more === 0 ? '' : `, and ${more} more`}`,
    advice: `Say at each, in micro-dollars, what a run may cost at most: engine agents update ${first.agentId} --max-cost-micros-per-run 2000000`,
  }
}

/** Of a key that can not be used at all, what is wrong with it is told where the key is looked at. */
async function judgeSealed(database: Inspection, { dataDir, secretKey }: StartConfig): Promise<Finding> {
  const what = 'sealed values'
  let secrets = null
  try {
    secrets = findSecrets({ dataDir, secretKey })
  } catch {
    // Then none of them opens.
  }
  const count = await database.sealedAgainst(secrets)
  if (count === 0) return { isGood: true, what, found: secrets ? 'the key opens all of them' : 'none' }
  const advice = 'Put back the key that they were sealed with, or set those secrets again, and make new keys of those webhooks.'
  return { isGood: false, what, found: `${count} of secrets and webhooks do not open with the key that is here`, advice }
}

/** What somebody called something, without what a terminal would obey. */
function plain(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, ' ')
}
