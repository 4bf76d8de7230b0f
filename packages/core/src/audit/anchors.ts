import type { Kysely } from 'kysely'

import type { Database } from '../database/tables.ts'
import type { AnchorClaim, AuditProblem } from './schema.ts'
import { sealsNumbered } from './sql.ts'
import type { SealTable } from './table.ts'

/** How many seals one statement looks for; databases bound their parameters. */
const soughtAtOnce = 500

/** How many anchors the seals agree with, and the first that they contradict. */
export async function findContradiction(
  db: Kysely<Database>,
  given: { companyId: string; anchors: readonly AnchorClaim[]; newest: SealTable | null },
): Promise<{ agreeing: number; contradiction: AuditProblem | null }> {
  const { companyId, newest } = given
  const anchors = given.anchors.toSorted((left, right) => left.number - right.number)
  let agreeing = 0
  for (let start = 0; start < anchors.length; start += soughtAtOnce) {
    const some = anchors.slice(start, start + soughtAtOnce)
    const seals = await sealsNumbered(db, { companyId, numbers: some.map((anchor) => anchor.number) })
    const byNumber = new Map(seals.map((seal) => [seal.number, seal]))
    for (const anchor of some) {
      const seal = byNumber.get(anchor.number)
      if (seal?.seal !== anchor.seal || seal.last_seq !== anchor.lastSeq)
        return { agreeing, contradiction: contradict(anchor, { seal, newest, agreed: anchors[agreeing - 1]?.number ?? 0 }) }
      agreeing += 1
    }
  }
  return { agreeing, contradiction: null }
}

interface Instead {
  readonly seal: SealTable | undefined
  readonly newest: SealTable | null
  /** The last anchor before it that the seals agree with; 0 when there is none. */
  readonly agreed: number
}

function contradict(anchor: AnchorClaim, { seal, newest, agreed }: Instead): AuditProblem {
  const { number, lastSeq } = anchor
  const known = agreed === 0 ? '' : ` Batch ${agreed} is as it was anchored.`
  const last = newest?.number ?? 0
  if (last < number) {
    const message = `Batch ${number} was anchored with events up to ${lastSeq}, and the log ends with batch ${last}: its end was cut off, or it is a copy from before.${known}`
    return { kind: 'log_truncated', number: last + 1, firstSeq: null, lastSeq, message }
  }
  const message = `Batch ${number} was anchored with another seal: it, or what is before it, was written anew.${known}`
  return { kind: 'log_rewritten', number, firstSeq: seal?.first_seq ?? null, lastSeq, message }
}
