import type { Seal } from './schema.ts'

/** One batch of a company's events, sealed; rows are only ever added. */
export interface SealTable {
  company_id: string
  /** 1, 2, 3 … without a gap. */
  number: number
  first_seq: number
  last_seq: number
  count: number
  /** The seal before, or `noSeal`. */
  previous_seal: string
  seal: string
  /** The life of the database that it was sealed in. */
  epoch: number
  sealed_at: string
}

export function toSeal(row: SealTable): Seal {
  return {
    companyId: row.company_id,
    number: row.number,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    count: row.count,
    previousSeal: row.previous_seal,
    seal: row.seal,
    epoch: row.epoch,
    sealedAt: row.sealed_at,
  }
}
