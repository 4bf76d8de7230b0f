import { inRanges, type View, type Violation } from './check.ts'

/** What a period of a budget holds is what the open holds take of it: nothing leaks (P9). */
export async function* heldIsWhatIsOpen({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'budgets', ({ above, upTo }) =>
    db
      .selectFrom('budgets')
      .innerJoin('budget_periods as period', (join) =>
        join.onRef('period.company_id', '=', 'budgets.company_id').onRef('period.budget_id', '=', 'budgets.id'),
      )
      .select(['budgets.id', 'budgets.company_id', 'period.starts_at', 'period.held'])
      .select((e) =>
        e
          .selectFrom('budget_hold_lines as line')
          .innerJoin('budget_holds as hold', (join) =>
            join.onRef('hold.company_id', '=', 'line.company_id').onRef('hold.id', '=', 'line.hold_id').on('hold.status', '=', 'open'),
          )
          .select((of) => of.fn.coalesce(of.fn.sum<string | number>('line.amount'), of.lit(0)).as('open'))
          .whereRef('line.company_id', '=', 'period.company_id')
          .whereRef('line.budget_id', '=', 'period.budget_id')
          .whereRef('line.starts_at', '=', 'period.starts_at')
          .as('open'),
      )
      .where('budgets.id', '>', above)
      .where('budgets.id', '<=', upTo)
      .execute(),
  )
  for await (const { id, company_id: companyId, starts_at: startsAt, held, open } of rows)
    if (Number(open) !== held)
      yield {
        companyId,
        entity: 'budget',
        id,
        problem: `${held} is held in its period of ${startsAt}, but its open holds are ${Number(open)}`,
      }
}

/** What is held is held for a run that runs; it ends with its run (P9). */
export async function* openHoldsAreOfRunningRuns({ db }: View): AsyncGenerator<Violation> {
  const rows = inRanges(db, 'budget_holds', ({ above, upTo }) =>
    db
      .selectFrom('budget_holds as hold')
      .innerJoin('runs', (join) => join.onRef('runs.company_id', '=', 'hold.company_id').onRef('runs.id', '=', 'hold.run_id'))
      .select(['hold.id', 'hold.company_id', 'runs.id as run_id', 'runs.status'])
      .where('hold.id', '>', above)
      .where('hold.id', '<=', upTo)
      .where('hold.status', '=', 'open')
      .where('runs.status', '!=', 'running')
      .execute(),
  )
  for await (const row of rows)
    yield { companyId: row.company_id, entity: 'hold', id: row.id, problem: `is open, but its run ${row.run_id} is ${row.status}` }
}
