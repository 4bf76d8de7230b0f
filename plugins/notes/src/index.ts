import { definePlugin, defineErrors, EngineError, pluginKit, z } from '@engine/core/plugin'

interface Tables {
  p_notes_entries: { id: string; company_id: string; text: string; task_id: string | null; version: number; created_at: string }
}

/** With the task that a note stands beside, so that a page beside another one need not look. */
const place = { taskId: z.uuid().nullable() }
const events = { 'notes.added': z.object({ text: z.string(), ...place }), 'notes.removed': z.object(place) }
const errors = defineErrors({ note_missing: { kind: 'missing', help: 'It was removed, or belongs to another company.' } })

const Note = z.object({
  id: z.uuid(),
  text: z.string(),
  taskId: z.uuid().nullable(),
  createdAt: z.string(),
})

const { command, query } = pluginKit<Tables, typeof events>()

const add = command({
  title: 'Write a note',
  input: z.strictObject({ text: z.string().trim().min(1).max(10_000), taskId: z.uuid().optional() }),
  output: Note,
  access: 'comments:create',
  http: ['POST', '/'],
  mcp: { additive: true },
  creates: true,
  async handle({ tables, companyId, newId, now, emit, engine }, { text, taskId = null }) {
    // A task of another company is not found by its own queries.
    const task = taskId === null ? null : await engine.tasks.get({ taskId })
    const row = { id: newId(), company_id: companyId, text, task_id: task?.id ?? null, version: 1, created_at: now }
    await tables.insertInto('p_notes_entries').values(row).execute()
    emit('notes.added', { type: 'note', id: row.id, version: 1 }, { text, taskId: row.task_id })
    return toNote(row)
  },
})

const remove = command({
  title: 'Remove a note',
  input: z.strictObject({ noteId: z.uuid() }),
  output: z.object({ noteId: z.uuid() }),
  access: 'comments:create',
  http: ['DELETE', '/:noteId'],
  async handle({ tables, companyId, emit }, { noteId }) {
    const removed = await tables
      .deleteFrom('p_notes_entries')
      .where('company_id', '=', companyId)
      .where('id', '=', noteId)
      .returning(['id', 'version', 'task_id'])
      .executeTakeFirst()
    if (!removed) throw new EngineError(errors.note_missing, `There is no note ${noteId} in this company.`, { details: { noteId } })
    emit('notes.removed', { type: 'note', id: removed.id, version: removed.version + 1 }, { taskId: removed.task_id })
    return { noteId }
  },
})

const list = query({
  title: 'List notes, newest first',
  input: z.strictObject({ taskId: z.uuid().optional(), limit: z.coerce.number<number | string>().int().min(1).max(100).default(50) }),
  output: z.object({ items: z.array(Note) }),
  access: 'comments:read',
  http: ['GET', '/'],
  async handle({ tables, companyId }, { taskId, limit }) {
    let rows = tables.selectFrom('p_notes_entries').selectAll().where('company_id', '=', companyId).orderBy('id', 'desc').limit(limit)
    if (taskId !== undefined) rows = rows.where('task_id', '=', taskId)
    return { items: (await rows.execute()).map(toNote) }
  },
})

function toNote({ id, text, task_id: taskId, created_at: createdAt }: Tables['p_notes_entries']) {
  return { id, text, taskId, createdAt }
}

/** Notes of a company, beside its tasks. */
export function notes() {
  return definePlugin({
    id: 'notes',
    version: '1.0.0',
    engine: '^1',
    title: 'Notes',
    description: 'Short texts of a company, each beside a task or by itself.',
    migrations: [
      {
        id: '1-entries',
        statements: [
          `create table p_notes_entries (
            id {uuid} primary key,
            company_id {uuid} not null references companies (id),
            text text not null,
            task_id {uuid},
            version {integer} not null,
            created_at {time} not null
          ) {table}`,
          `create index p_notes_entries_index on p_notes_entries (company_id, id)`,
          `create index p_notes_entries_task_index on p_notes_entries (company_id, task_id, id) where task_id is not null`,
        ],
      },
    ],
    commands: { add, remove },
    queries: { list },
    events,
    errors,
    // The same from its source as built: both are one folder below that of the package.
    root: new URL('..', import.meta.url),
    ui: [{ slot: 'task', title: 'Notes', entry: './ui/notes.html' }],
  })
}
