import { inRanges, type View, type Violation } from './check.ts'

/** A provider that is tried is tried by a run that runs: nobody waits for one that is over (P6). */
export async function* probesRun({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'breakers', ({ above, upTo }) =>
    db
      .selectFrom('breakers')
      .leftJoin('runs', (join) =>
        join
          .onRef('runs.company_id', '=', 'breakers.company_id')
          .onRef('runs.id', '=', 'breakers.probe_run_id')
          .on('runs.status', '=', 'running'),
      )
      .select(['breakers.company_id', 'breakers.id', 'breakers.status', 'breakers.probe_run_id', 'runs.id as live_run'])
      .where('breakers.id', '>', above)
      .where('breakers.id', '<=', upTo)
      .where((e) =>
        e.or([
          e.and([e('breakers.status', '=', 'half_open'), e('runs.id', 'is', null)]),
          e.and([e('breakers.status', '!=', 'half_open'), e('breakers.probe_run_id', 'is not', null)]),
        ]),
      )
      .execute(),
  )
  for await (const row of rows) {
    const tried = row.probe_run_id === null ? 'no run tries it' : `the run ${row.probe_run_id} is named, which does not try it`
    yield { companyId: row.company_id, entity: 'breaker', id: row.id, problem: `is ${row.status}, but ${tried}` }
  }
}
