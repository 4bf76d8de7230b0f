// A sealed log as it lies in a database, and the statements that change it.
import type { Random } from '@engine/testing'

import type { EventRow } from '../../../packages/core/src/events/sql.ts'
import { beginBatch } from '../../../packages/core/src/audit/seal.ts'
import type { SealTable } from '../../../packages/core/src/audit/table.ts'
import type { Raw } from '../../support/audit.ts'
import type { StorageName } from '../loop.ts'

export interface Chain {
  readonly companyId: string
  readonly events: readonly EventRow[]
  readonly seals: readonly SealTable[]
}

export interface Attack {
  readonly raw: Raw
  readonly chain: Chain
  readonly random: Random
  readonly family: StorageName
}

/** Integers and times come as each driver likes. */
type Loose<Row> = { [Name in keyof Row]: Row[Name] | string | Date | object }

export async function readChain(raw: Raw, companyId: string): Promise<Chain> {
  const events = await raw.rows<Loose<EventRow>>(`select * from events where company_id = '${companyId}' order by seq`)
  const seals = await raw.rows<Loose<SealTable>>(`select * from seals where company_id = '${companyId}' order by number`)
  return {
    companyId,
    // What the columns hold is what the tables say.
    events: events.map((row) => plain(row) as EventRow),
    seals: seals.map((row) => plain(row) as unknown as SealTable),
  }
}

const integers = new Set(['seq', 'epoch', 'entity_version', 'number', 'first_seq', 'last_seq', 'count'])

function plain(row: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]: [string, unknown]) => [
      name,
      integers.has(name)
        ? Number(value)
        : value instanceof Date
          ? value.toISOString()
          : typeof value === 'object' && value !== null
            ? JSON.stringify(value)
            : value,
    ]),
  )
}

/** The batch that an event was sealed in. */
export function batchOf({ seals }: Chain, seq: number): SealTable {
  const seal = seals.find((each) => each.first_seq <= seq && seq <= each.last_seq)
  if (!seal) throw new Error(`event ${seq} is in no batch`)
  return seal
}

export function anyEvent({ chain, random }: Attack): EventRow {
  const event = chain.events[random.int(chain.events.length)]
  if (!event) throw new Error('the chain is empty')
  return event
}

export function anySeal({ chain, random }: Attack): SealTable {
  const seal = chain.seals[random.int(chain.seals.length)]
  if (!seal) throw new Error('there are no seals')
  return seal
}

export function quote(value: string | number | null): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

/** Gives an event other values. */
export function setEvent({ raw }: Attack, seq: number, values: Record<string, string | number | null>): Promise<void> {
  const set = Object.entries(values).map(([column, value]) => `${column} = ${quote(value)}`)
  return raw.run(`update events set ${set.join(', ')} where seq = ${seq}`)
}

/** What an id of an event may be, beside those that there are. */
export function newEventId({ random }: Attack): string {
  return `01990000-0000-7000-8000-${random.int(0xffff_ffff).toString(16).padStart(12, '0')}`
}

/** Seals a company's events anew from a batch on, with hashes that are right: the batches end where they ended. */
export async function sealAnew({ raw, chain }: Attack, number: number): Promise<void> {
  const { events } = await readChain(raw, chain.companyId)
  await raw.run(`delete from seals where company_id = '${chain.companyId}' and number >= ${number}`)
  let previous = chain.seals[number - 2] ?? null
  for (const { last_seq: upTo, epoch, sealed_at } of chain.seals.slice(number - 1)) {
    const after = previous?.last_seq ?? 0
    const batch = beginBatch(previous)
    batch.add(events.filter((event) => event.seq > after && event.seq <= upTo))
    const seal = batch.end({ epoch, now: sealed_at })
    if (!seal) continue
    previous = seal
    const columns = Object.keys(seal)
    const values = Object.values(seal).map((value: string | number) => quote(value))
    await raw.run(`insert into seals (${columns.join(', ')}) values (${values.join(', ')})`)
  }
}
