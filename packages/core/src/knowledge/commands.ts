import { z } from 'zod'

import { eventActor } from '../kernel/actor.ts'
import { assertVersion, changedFields, fieldNames, otherThan } from '../kernel/change.ts'
import { command, type CommandContext } from '../kernel/command.ts'
import { notFound } from '../kernel/errors.ts'
import { Id } from '../kernel/schema.ts'
import { countTokens } from '../kernel/tokens.ts'
import { findProject, requireProject } from '../projects/sql.ts'
import { removeSearchEntry, writeSearchEntry } from '../search/sql.ts'
import { KnowledgeEntry, KnowledgeInput } from './schema.ts'
import { knowledgeEntry } from './search-entry.ts'
import { changeEntry, findEntry, insertTags, replaceTags } from './sql.ts'
import { toEntry, type KnowledgeEntryTable } from './table.ts'
import { removeVectors, storeVectors as storeRows } from './vectors.ts'

export const create = command({
  title: 'Write down what agents should know',
  description: 'Of a project, or of the whole company. Runs are given the entries that fit their task.',
  input: z.strictObject({ companyId: Id, ...KnowledgeInput }),
  output: KnowledgeEntry,
  access: { scope: 'knowledge:write', company: 'company' },
  http: ['POST', '/companies/:companyId/knowledge'],
  creates: true,
  async handle(context, input) {
    if (input.projectId) await requireProject(context, input.projectId)
    const { kind, id } = eventActor(context.actor)
    const tags = input.tags ?? []
    const row: KnowledgeEntryTable = {
      id: context.newId(),
      company_id: context.companyId,
      project_id: input.projectId ?? null,
      title: input.title,
      body: input.body,
      tags: JSON.stringify(tags),
      source: input.source ?? null,
      tokens: tokensOf(input),
      created_by_kind: kind,
      created_by_id: id,
      updated_by_kind: kind,
      updated_by_id: id,
      version: 1,
      created_at: context.now,
      updated_at: context.now,
      deleted_at: null,
    }
    await context.tx.insertInto('knowledge_entries').values(row).execute()
    await insertTags(context.tx, row, tags)
    await writeSearchEntry(context, knowledgeEntry(row))
    await tell(context, row, { change: 'created', changed: [], before: null })
    return toEntry(row)
  },
})

export const update = command({
  title: 'Change what agents should know',
  description: 'With `version`, only if nobody has changed it since.',
  input: z.strictObject({ knowledgeEntryId: Id, version: z.number().int().optional(), ...z.object(KnowledgeInput).partial().shape }),
  output: KnowledgeEntry,
  access: { scope: 'knowledge:write', company: 'knowledgeEntry' },
  http: ['PATCH', '/knowledge/:knowledgeEntryId'],
  async handle(context, input) {
    const entry = await requireEntry(context, input)
    const projectId = otherThan(entry.project_id, input.projectId)
    if (projectId) await requireProject(context, projectId)
    const { title, body, source, tags } = input
    const changes = changedFields({ title, body, source, project_id: input.projectId, tags: tags && JSON.stringify(tags) })
    const { kind, id } = eventActor(context.actor)
    const tokens = tokensOf({ ...entry, ...changes })
    const author = { updated_by_kind: kind, updated_by_id: id }
    const next = await changeEntry(context, entry, { ...changes, ...author, tokens })
    if (tags) await replaceTags(context.tx, next, tags)
    await writeSearchEntry(context, knowledgeEntry(next))
    await tell(context, next, { change: 'updated', changed: fieldNames(changes), before: entry })
    return toEntry(next)
  },
})

const remove = command({
  title: 'Delete what agents should no longer know',
  input: z.strictObject({ knowledgeEntryId: Id, version: z.number().int().optional() }),
  output: z.object({ knowledgeEntryId: Id }),
  access: { scope: 'knowledge:write', company: 'knowledgeEntry' },
  http: ['DELETE', '/knowledge/:knowledgeEntryId'],
  async handle(context, input) {
    const entry = await requireEntry(context, input)
    const deleted = await changeEntry(context, entry, { deleted_at: context.now })
    await replaceTags(context.tx, deleted, [])
    await removeSearchEntry(context, { type: 'knowledge', id: entry.id })
    await removeVectors(context.tx, { companyId: context.companyId, entryId: entry.id })
    await tell(context, deleted, { change: 'deleted', changed: [], before: entry })
    return { knowledgeEntryId: entry.id }
  },
})
// A reserved word where it is declared, not where it is exported.
export { remove as delete }

export const storeVectors = command({
  title: 'Keep what the embedder made of entries',
  input: z.strictObject({
    companyId: Id,
    embedder: z.string().min(1).max(200),
    vectors: z
      .array(z.strictObject({ entryId: Id, version: z.number().int(), vector: z.base64() }))
      .min(1)
      .max(100),
  }),
  output: z.object({ stored: z.number().int() }),
  access: { scope: 'engine:internal', company: 'company' },
  unaudited: 'vectors follow from texts whose changes stand in the log; nothing is decided by them',
  locks: 'rows',
  async handle({ tx, companyId }, { embedder, vectors }) {
    await storeRows(tx, { companyId, embedder, vectors })
    return { stored: vectors.length }
  },
})

async function requireEntry(
  context: CommandContext,
  input: { knowledgeEntryId: string; version?: number | undefined },
): Promise<KnowledgeEntryTable> {
  const entry = await findEntry(context.tx, input.knowledgeEntryId)
  if (!entry) throw notFound('knowledgeEntry', input.knowledgeEntryId)
  assertVersion('knowledge entry', entry, input.version)
  return entry
}

function tokensOf({ title, body }: { title: string; body: string }): number {
  return countTokens(title) + countTokens(body)
}

interface Change {
  readonly change: 'created' | 'updated' | 'deleted'
  readonly changed: string[]
  readonly before: KnowledgeEntryTable | null
}

/** Tells of a change, and the project whose knowledge it is, and the one whose it was. */
async function tell(context: CommandContext, entry: KnowledgeEntryTable, { change, changed, before }: Change): Promise<void> {
  const { id, title, version, project_id: projectId } = entry
  context.emit('knowledge.updated', { type: 'knowledgeEntry', id, version }, { change, title, projectId, changed })
  const isMoved = before !== null && before.project_id !== projectId
  if (isMoved) await tellProject(context, entry, { projectId: before.project_id, change: 'removed' })
  const told = { created: 'added', updated: isMoved ? 'added' : 'updated', deleted: 'removed' } as const
  await tellProject(context, entry, { projectId, change: told[change] })
}

async function tellProject(
  context: CommandContext,
  { id: knowledgeEntryId, title }: KnowledgeEntryTable,
  { projectId, change }: { projectId: string | null; change: 'added' | 'updated' | 'removed' },
): Promise<void> {
  const project = projectId && (await findProject(context.tx, projectId))
  if (!project) return
  const { id, version } = project
  context.emit('project.knowledge_updated', { type: 'project', id, version }, { change, knowledgeEntryId, title })
}
