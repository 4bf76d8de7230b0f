import { inLoop, type Mutant } from '../mutant.ts'

const inAudit = (test: string) => ({ file: 'test/audit.test.ts', test })
const inExplain = (test: string) => ({ file: 'packages/core/src/audit/explain.test.ts', test })
const sealer = 'packages/core/src/loops/sealer.ts'

/** The chain of seals, and what verifies it. */
export const sealing: readonly Mutant[] = [
  {
    name: 'a seal does not follow from the one before it',
    file: 'packages/core/src/audit/canonical.ts',
    find: 'update(`${previousSeal}[`)',
    replace: 'update(`${previousSeal.slice(64)}[`)',
    caughtBy: inExplain('a seal > follows from the one before'),
    isQuick: true,
  },
  {
    name: 'a seal covers numbers whose events may still come',
    file: 'packages/core/src/audit/seal.ts',
    find: 'const upTo = await settledSeq(host.db)',
    replace: 'const upTo = Math.max(Number.MAX_SAFE_INTEGER, await settledSeq(host.db))',
    caughtBy: inAudit('does not cover a number whose event may still come, on Postgres'),
  },
  {
    name: 'a batch is sealed without some of its events, since it is read little by little',
    file: 'packages/core/src/audit/seal.ts',
    find: 'seal.add(rows)',
    replace: 'seal.add(latest ? rows.slice(1) : rows)',
    caughtBy: inAudit('covers no more than a thousand events, and a long log is sealed in one go'),
  },
  {
    name: 'a seal leaves the time of an event out',
    file: 'packages/core/src/audit/canonical.ts',
    find: 'epoch: row.epoch })',
    replace: "epoch: row.epoch, at: '' })",
    caughtBy: inExplain('a seal > covers at'),
  },
  {
    name: 'a seal leaves the epoch of an event out',
    file: 'packages/core/src/audit/canonical.ts',
    find: 'epoch: row.epoch })',
    replace: 'epoch: 0 * row.epoch })',
    caughtBy: inExplain('a seal > covers epoch'),
  },
  {
    name: 'a company is taken for sealed when only the first of its new events is',
    file: sealer,
    find: 'for (const { company_id, seq } of events) seen.set(company_id, seq)',
    replace: 'for (const { company_id, seq } of events) if (!seen.has(company_id)) seen.set(company_id, seq)',
    caughtBy: inAudit('is made again for events that come between one that is being sealed and the next look'),
  },
  {
    name: 'an engine does not seal what was there before it',
    file: sealer,
    find: 'if (lastLookedAt === null) return []',
    replace: 'if (lastLookedAt !== null) return []',
    caughtBy: inAudit('seals on sqlite > are made by an engine that was started, also of what lay there before'),
  },
  {
    name: 'companies are forgotten when a pass of the sealer breaks off',
    file: sealer,
    find: `for (const companyId of await companiesToLookAt()) waiting.set(companyId, unknown)
    const due = [...waiting]`,
    replace: `const due = [...waiting, ...(await companiesToLookAt()).map((id) => [id, unknown] as const)]`,
    caughtBy: inAudit('is made as soon as the database answers again, whichever question failed'),
  },
  {
    name: 'a company that cannot be sealed ends the pass',
    file: sealer,
    find: "logger.error('the events of a company could not be sealed', { companyId, error: String(error) })",
    replace: 'logger.error(String(error), { companyId }); throw error',
    caughtBy: inAudit('that cannot be made holds up no other company'),
  },
  {
    name: 'the verification believes the link that a seal names',
    file: 'packages/core/src/audit/explain.ts',
    find: 'if (seal.previous_seal !== before || rows.length !== seal.count) return false',
    replace: 'if (rows.length !== seal.count) return false',
    caughtBy: inExplain('a batch > with another seal before it is not'),
  },
  {
    name: 'the verification does not see that a seal is missing',
    file: 'packages/core/src/audit/verify.ts',
    find: 'if (seal.number !== due)',
    replace: 'if (seal.number < due)',
    caughtBy: inLoop('tampers on sqlite'),
  },
  {
    name: 'anchors are compared by their number only',
    file: 'packages/core/src/audit/anchors.ts',
    find: 'if (seal?.seal !== anchor.seal || seal.last_seq !== anchor.lastSeq)',
    replace: 'if (!seal)',
    caughtBy: inLoop('tampers on sqlite'),
  },
  {
    name: 'an anchor is believed whoever signed it',
    file: 'packages/core/src/audit/file-anchors.ts',
    find: 'if (verify(null, signedBytes(anchor), key',
    replace: 'if (key && signature || verify(null, signedBytes(anchor), key',
    caughtBy: { file: 'test/audit-anchors.test.ts', test: 'that were changed, or signed by somebody else, are told from others' },
  },
  {
    name: 'an anchor waits until there are many events',
    file: 'packages/core/src/loops/anchors.ts',
    find: 'if (!last || host.clock.monotonicMs() - last.atMs >= anchorMs) return true',
    replace: 'if (!last) return true',
    caughtBy: { file: 'test/audit-anchors.test.ts', test: 'are written after so long, however few events there were' },
  },
]
