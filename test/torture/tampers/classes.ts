// Every way to change a log that PROMISES P12 names, and some more.
import type { AuditVerification } from '@engine/core'

import type { EventRow } from '../../../packages/core/src/events/sql.ts'
import { anyEvent, anySeal, batchOf, newEventId, quote, sealAnew, setEvent, type Attack } from './chain.ts'

type Kind = AuditVerification['problems'][number]['kind']

interface Done {
  /** The first batch that is not as it was sealed, or that is not there any more. */
  readonly number: number
  readonly what: string
}

interface Tampering {
  readonly name: string
  /** What it may be told as, first what it is. */
  readonly kinds: readonly Kind[]
  /** Whether only anchors can tell. */
  readonly needsAnchors?: true
  apply(attack: Attack): Promise<Done>
}

export const classes: readonly Tampering[] = [
  { name: 'edited data', kinds: ['events_edited'], apply: editData },
  { name: 'edited columns', kinds: ['events_edited'], apply: editColumn },
  { name: 'deleted events', kinds: ['events_deleted'], apply: deleteEvents },
  { name: 'inserted events', kinds: ['events_inserted'], apply: insertEvent },
  { name: 'replaced events', kinds: ['events_edited'], apply: replaceEvent },
  // What was moved to another batch cannot be put back for a proof.
  { name: 'swapped events', kinds: ['events_reordered', 'events_edited'], apply: swapEvents },
  { name: 're-dated events', kinds: ['event_redated', 'events_edited'], apply: redateEvent },
  { name: 'edited seals', kinds: ['seal_edited', 'events_deleted', 'events_inserted'], apply: editSeal },
  { name: 'deleted seals', kinds: ['seal_missing'], apply: deleteSeal },
  { name: 'one batch sealed anew', kinds: ['batch_resealed'], apply: sealOneAnew },
  { name: 'cut off ends', kinds: ['log_truncated'], needsAnchors: true, apply: cutOff },
  { name: 'rewritten ends with right hashes', kinds: ['log_rewritten'], needsAnchors: true, apply: rewrite },
]

function inBatchOf(attack: Attack, seq: number, what: string): Done {
  return { number: batchOf(attack.chain, seq).number, what: `${what} of event ${seq}` }
}

/** On SQLite any character of what is stored, on Postgres one that leaves JSON what it is. */
function isEditable(character: string, family: Attack['family']): boolean {
  return /[a-z]/.test(character) || (family === 'sqlite' && character.isWellFormed())
}

/** One character of the data. */
async function editData(attack: Attack): Promise<Done> {
  const { random, family } = attack
  const { seq, data } = anyEvent(attack)
  const places = Array.from({ length: data.length }, (_, index) => index).filter((index) => isEditable(data.charAt(index), family))
  const index = places[random.int(places.length)] ?? 0
  // On Postgres the letters of null, true and false have to stay what they are.
  const inWord = family === 'postgres' && !isInText(data, index)
  if (inWord) return editData(attack)
  const now = data[index] === 'x' ? 'y' : 'x'
  await setEvent(attack, seq, { data: `${data.slice(0, index)}${now}${data.slice(index + 1)}` })
  return inBatchOf(attack, seq, `character ${index} of the data`)
}

function isInText(json: string, index: number): boolean {
  return (json.slice(0, index).match(/"/g) ?? []).length % 2 === 1
}

async function editColumn(attack: Attack): Promise<Done> {
  const { random } = attack
  const { seq, ...row } = anyEvent(attack)
  const changes: readonly (readonly [keyof EventRow, string | number])[] = [
    ['type', `${row.type}d`],
    ['actor_kind', row.actor_kind === 'agent' ? 'user' : 'agent'],
    ['actor_id', `${row.actor_id}x`],
    ['entity_type', `${row.entity_type}s`],
    ['entity_id', newEventId(attack)],
    ['entity_version', row.entity_version + 1],
    ['run_id', newEventId(attack)],
    ['request_id', 'other'],
    ['epoch', row.epoch + 1],
    ['id', newEventId(attack)],
  ]
  const [column, value] = changes[random.int(changes.length)] ?? ['type', 'x']
  await setEvent(attack, seq, { [column]: value })
  return inBatchOf(attack, seq, column)
}

/** One event, or all of a batch. */
async function deleteEvents(attack: Attack): Promise<Done> {
  const { raw, random, chain } = attack
  const { seq } = anyEvent(attack)
  const { number, first_seq, last_seq } = batchOf(chain, seq)
  if (random.int(8) > 0) {
    await raw.run(`delete from events where seq = ${seq}`)
    return { number, what: `event ${seq}` }
  }
  await raw.run(`delete from events where company_id = '${chain.companyId}' and seq between ${first_seq} and ${last_seq}`)
  return { number, what: 'all events' }
}

/** An event that another company had, of which there are some in most batches: no number is free. */
async function insertEvent(attack: Attack): Promise<Done> {
  const { raw, random, chain } = attack
  const found = await raw.rows<{ seq: number | string }>(
    `select seq from events where company_id <> '${chain.companyId}' and seq < ${chain.events.at(-1)?.seq} and seq > ${chain.events[0]?.seq}`,
  )
  const seq = Number(found[random.int(found.length)]?.seq)
  const { data, id, ...like } = anyEvent(attack)
  await setEvent(attack, seq, { ...like, seq, id: newEventId(attack), data: random.int(2) === 0 ? data : '{}' })
  const number = chain.seals.find((seal) => seq <= seal.last_seq)?.number ?? 0
  return { number, what: `event ${seq} like ${id}` }
}

async function replaceEvent(attack: Attack): Promise<Done> {
  const { seq } = anyEvent(attack)
  const other = anyEvent(attack)
  if (other.seq === seq) return replaceEvent(attack)
  await setEvent(attack, seq, { ...other, seq, id: newEventId(attack) })
  return inBatchOf(attack, seq, `by ${other.seq} the place`)
}

/** Mostly neighbours of one batch, otherwise any two. */
async function swapEvents(attack: Attack): Promise<Done> {
  const { raw, random, chain } = attack
  const one = anyEvent(attack)
  const batch = batchOf(chain, one.seq)
  const near = chain.events.filter((event) => event.seq >= batch.first_seq && event.seq <= batch.last_seq)
  const other = random.int(4) > 0 ? near[random.int(near.length)] : anyEvent(attack)
  if (!other || other.seq === one.seq) return swapEvents(attack)
  for (const [from, to] of [
    [one.seq, -1],
    [other.seq, one.seq],
    [-1, other.seq],
  ])
    await raw.run(`update events set seq = ${to} where seq = ${from}`)
  return inBatchOf(attack, Math.min(one.seq, other.seq), `with ${Math.max(one.seq, other.seq)} the place`)
}

async function redateEvent(attack: Attack): Promise<Done> {
  const { random } = attack
  const { seq, at } = anyEvent(attack)
  const farthest = random.int(2) === 0 ? 5_000 : 5_000_000_000
  const ms = (1 + random.int(farthest)) * (random.int(2) === 0 ? 1 : -1)
  await setEvent(attack, seq, { at: new Date(Date.parse(at) + ms).toISOString() })
  return inBatchOf(attack, seq, `${ms} ms the time`)
}

async function editSeal(attack: Attack): Promise<Done> {
  const { raw, random, chain } = attack
  const { number, ...seal } = anySeal(attack)
  const last = number === chain.seals.length
  const changes: readonly (readonly [string, string | number])[] = [
    ['count', seal.count + 1],
    ['first_seq', seal.first_seq - 1],
    ['previous_seal', seal.seal],
    ['last_seq', seal.last_seq - 1],
    // Only the seal that follows proves that the events are not what was changed.
    ...(last ? [] : ([['seal', seal.seal.replace(/^./, seal.seal.startsWith('0') ? '1' : '0')]] as const)),
  ]
  const [column, value] = changes[random.int(changes.length)] ?? ['count', 0]
  // A batch of one event has no number that is lower and its own.
  if (column === 'last_seq' && seal.count === 1) return editSeal(attack)
  await raw.run(`update seals set ${column} = ${quote(value)} where company_id = '${chain.companyId}' and number = ${number}`)
  return { number, what: column }
}

/** Any but the last: without that one the log is not sealed so far. */
async function deleteSeal(attack: Attack): Promise<Done> {
  const { raw, chain } = attack
  const { number } = anySeal(attack)
  if (number === chain.seals.length) return deleteSeal(attack)
  await raw.run(`delete from seals where company_id = '${chain.companyId}' and number = ${number}`)
  return { number, what: 'its seal' }
}

/** An event is changed and its batch sealed anew; the next seal is left as it is. */
async function sealOneAnew(attack: Attack): Promise<Done> {
  const { raw, chain } = attack
  const { seq } = anyEvent(attack)
  const { number } = batchOf(chain, seq)
  if (number === chain.seals.length) return sealOneAnew(attack)
  await setEvent(attack, seq, { actor_id: 'somebody' })
  await sealAnew(attack, number)
  const rest = chain.seals.slice(number)
  await raw.run(`delete from seals where company_id = '${chain.companyId}' and number > ${number}`)
  for (const seal of rest) {
    const values = Object.values(seal).map((value: string | number) => quote(value))
    await raw.run(`insert into seals (${Object.keys(seal).join(', ')}) values (${values.join(', ')})`)
  }
  return { number, what: `event ${seq}` }
}

async function cutOff(attack: Attack): Promise<Done> {
  const { raw, chain } = attack
  const { number, first_seq } = anySeal(attack)
  await raw.run(`delete from events where company_id = '${chain.companyId}' and seq >= ${first_seq}`)
  await raw.run(`delete from seals where company_id = '${chain.companyId}' and number >= ${number}`)
  return { number, what: 'all from there on' }
}

async function rewrite(attack: Attack): Promise<Done> {
  const { raw, random, chain } = attack
  const { seq } = anyEvent(attack)
  const { number, count } = batchOf(chain, seq)
  if (random.int(2) === 0 && count > 1) await raw.run(`delete from events where seq = ${seq}`)
  else await setEvent(attack, seq, { actor_id: 'somebody' })
  await sealAnew(attack, number)
  return { number, what: `event ${seq}` }
}
