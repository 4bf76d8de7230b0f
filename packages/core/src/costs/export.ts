import { z } from 'zod'

import { query, type QueryContext } from '../kernel/command.ts'
import { Download } from '../kernel/content.ts'
import { encodeCursor } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { csvLine } from './csv.ts'
import { costFilters, listCosts, placeOf } from './list.ts'
import { namesOf, tasksOf } from './names.ts'
import type { CostEvent } from './schema.ts'
import { toCostEvent, type CostEventTable } from './table.ts'

const input = z.strictObject({ companyId: Id, ...costFilters })

/** Rows that are read, and held, at a time. */
const rowsAtOnce = 500

// The order of the table's columns, which others go by: new ones come last.
const columns = [
  'occurredAt',
  'costMicros',
  'isImputed',
  'billingType',
  'provider',
  'model',
  'inputTokens',
  'outputTokens',
  'cachedInputTokens',
  'agentId',
  'projectId',
  'taskId',
  'runId',
  'goalId',
  'adapter',
  'source',
  'sourceEventId',
  'id',
  'createdAt',
] as const satisfies readonly (keyof CostEvent)[]

// For people; as they are called now, and empty for what is gone.
const names = ['agentName', 'projectName', 'taskIdentifier'] as const

const later = ['isPriced'] as const satisfies readonly (keyof CostEvent)[]

export const exportTable = query({
  title: 'Download what was spent as a table (CSV)',
  description: 'Newest first, by RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe.',
  input,
  output: Download,
  access: { scope: 'costs:read', company: 'company' },
  http: ['GET', '/companies/:companyId/costs/export'],
  givesContent: true,
  handle: async (context, given) => ({
    name: `costs-${given.from ?? 'begin'}-${given.to ?? context.now.slice(0, 10)}.csv`,
    contentType: 'text/csv; charset=utf-8',
    byteSize: null,
    sha256: null,
    content: linesOf(context, given),
  }),
})

async function* linesOf(context: QueryContext, given: z.output<typeof input>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  yield encoder.encode(csvLine([...columns, ...names, ...later]))
  let cursor: string | undefined
  do {
    const rows: CostEventTable[] = await listCosts(context.db, { ...given, limit: rowsAtOnce, cursor })
    const shown = rows.slice(0, rowsAtOnce)
    const named = await namer(context, shown)
    const lines = shown.map((row) => {
      const cost = toCostEvent(row)
      return csvLine([...columns.map((column) => cost[column]), ...named(cost), ...later.map((column) => cost[column])])
    })
    if (lines.length > 0) yield encoder.encode(lines.join(''))
    const last = shown.at(-1)
    cursor = last && rows.length > rowsAtOnce ? encodeCursor(placeOf(last)) : undefined
  } while (cursor !== undefined)
}

/** Looks up once what the rows of a page are about. */
async function namer({ db, companyId }: QueryContext, rows: readonly CostEventTable[]) {
  const idsOf = (column: 'agent_id' | 'project_id' | 'task_id') => [...new Set(rows.flatMap((row) => row[column] ?? []))]
  const agents = await namesOf(db, 'agents', { companyId, ids: idsOf('agent_id') })
  const projects = await namesOf(db, 'projects', { companyId, ids: idsOf('project_id') })
  const tasks = await tasksOf(db, { companyId, ids: idsOf('task_id') })
  return ({ agentId, projectId, taskId }: CostEvent) => [
    agents.get(agentId ?? '') ?? null,
    projects.get(projectId ?? '') ?? null,
    tasks.get(taskId ?? '')?.identifier ?? null,
  ]
}
