import { verifyAudit } from '../audit/verify.ts'
import type { View, Violation } from './check.ts'
import { inRanges } from './check.ts'
import { companiesIn } from './figures.ts'

/** The sealed events of each company are those that were sealed (P12); of each, the first batch that is wrong. */
export async function* eventsMatchTheirSeals({ db }: View): AsyncGenerator<Violation> {
  for await (const companyId of inRanges(db, 'companies', (range) => companiesIn(db, range))) {
    const { problems } = await verifyAudit(db, { companyId })
    for (const { message } of problems) yield { companyId, entity: 'company', id: companyId, problem: message }
  }
}
