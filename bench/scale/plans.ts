import { rareCases } from '../lib/lists.ts'
import { planProblems, type ExplainedStatement, type PlanRules } from '../lib/plans.ts'
import { factRow, problemsRow, type Row } from '../lib/report.ts'
import { recordUnits } from '../lib/units.ts'
import type { ScaledFamily, SizedDatabase } from './database.ts'

const growing = ['tasks', 'runs', 'events', 'comments', 'deliverables']

/** What no unit of work may do. */
const everywhere: PlanRules = { scan: growing, sort: ['runs', 'events'] }
/** A page comes out of an index in its order; where nothing fits a database may plan to sort it. */
const inLists: PlanRules = { scan: growing, sort: growing }
const inEmptyLists: PlanRules = { scan: growing }

/** B13, B18: how the database would run what the engine sends. */
export async function planRows(family: ScaledFamily, { target, seed, explain }: SizedDatabase): Promise<Row[]> {
  const units = await recordUnits(target, seed)
  const [work, lists, walks]: [string[], string[], string[]] = [[], [], []]
  const empty = new Set(rareCases(seed).flatMap((list) => (list.isEmpty ? [`list of ${list.name}`] : [])))
  for (const [name, { statements }] of units) {
    const isList = name.startsWith('list of ')
    const explained = await explain(statements)
    const told = (problems: readonly string[]) => problems.map((problem) => `${name}: ${problem}`)
    if (isList) lists.push(...told(planProblems(explained, empty.has(name) ? inEmptyLists : inLists)))
    else work.push(...told(problemsOfWork(explained)))
    if (isList && planProblems(explained, { walk: growing }).length > 0) walks.push(name)
  }
  const prefix = `${family.name}: plans of ${units.size} units of work`
  return [
    problemsRow(`${prefix}, whole tables read, queues and events sorted`, { goal: 'B13', figure: 'problems', problems: work }),
    problemsRow(`${prefix}, lists that read or sort whole tables`, { goal: 'B18', figure: 'problems', problems: lists }),
    // Postgres keeps such a plan only where it looks cheaper than one that sees the parameters, so what counts is what pages cost.
    factRow(`${prefix}: a kept plan of ${walks.length} would walk an index from its beginning`, { facts: { walks } }),
  ]
}

/** The tasks that a statement names one by one are few, and are taken in their order. */
function problemsOfWork(explained: readonly ExplainedStatement[]): string[] {
  const [named, others] = [explained.filter(namesItsRows), explained.filter((each) => !namesItsRows(each))]
  return [...planProblems(named, { scan: growing }), ...planProblems(others, everywhere)]
}

function namesItsRows({ sql }: ExplainedStatement): boolean {
  return sql.includes('jsonb_to_recordset')
}
