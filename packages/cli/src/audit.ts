import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { readAnchors, type AuditVerification, type ReadAnchors, type Storage } from '@engine/core'

import { publicKeyFile } from './anchors.ts'
import type { DatabaseFlags } from './database.ts'
import { withDatabase } from './with-database.ts'

export interface AuditFlags extends DatabaseFlags {
  readonly company?: string
  readonly anchors?: string
  readonly publicKey?: string
  readonly json?: boolean
}

/** Prints what is wrong with the sealed log, company by company; the exit code says whether anything is. */
export async function auditVerifyCommand(storage: Storage, flags: AuditFlags): Promise<void> {
  const { anchors, problems } = await anchorsOf(flags)
  const asked = { ...(flags.company !== undefined && { companyId: flags.company }), anchors }
  const companies = await withDatabase(storage, (database) => database.verifyAudit(asked))
  const isSound = problems.length === 0 && companies.every((company) => company.isSound)
  if (flags.json === true) console.log(JSON.stringify({ isSound, problems, companies }, null, 2))
  else for (const line of linesOf({ isSound, problems, companies }, flags.anchors !== undefined)) console.log(line)
  if (!isSound) process.exitCode = 1
}

async function anchorsOf({ anchors: path, publicKey }: AuditFlags): Promise<ReadAnchors> {
  if (path === undefined) return { anchors: [], problems: [] }
  return readAnchors({ path, publicKey: await readFile(publicKey ?? join(dirname(path), publicKeyFile), 'utf8') })
}

interface Report {
  readonly isSound: boolean
  readonly problems: readonly string[]
  readonly companies: readonly AuditVerification[]
}

function linesOf({ isSound, problems, companies }: Report, hasAnchors: boolean): string[] {
  const limits = hasAnchors
    ? 'What came after the newest anchor could have been cut off or written anew.'
    : 'Without --anchors it is not known whether the end was cut off or all of it written anew.'
  return [
    ...companies.flatMap(describe),
    ...problems.map((problem) => `  BROKEN  ${problem}`),
    isSound
      ? `Sound: every sealed event is as it was sealed. ${limits}`
      : 'Not sound: the log was changed, or is not the one that was anchored.',
  ]
}

function describe({ companyId, isSound, batches, events, anchors, unsealed, problems }: AuditVerification): string[] {
  const tail = unsealed.events === 0 ? 'nothing unsealed' : `${unsealed.events} unsealed since ${unsealed.since}`
  const summary = `company ${companyId}: ${events} events in ${batches} batches, ${anchors} anchors agree, ${tail}`
  return [
    `  ${isSound ? 'sound ' : 'BROKEN'}  ${summary}`,
    ...problems.map(({ kind, message, firstSeq, lastSeq }) => `            ${kind}: ${message}${rangeOf(firstSeq, lastSeq)}`),
  ]
}

function rangeOf(firstSeq: number | null, lastSeq: number | null): string {
  return firstSeq === null || lastSeq === null ? '' : ` (events ${firstSeq} to ${lastSeq})`
}
