import { z } from 'zod'

import { query } from '../kernel/command.ts'
import { notInCompany } from '../kernel/errors.ts'
import { decodeCursor, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id, Tag, wholeNumber } from '../kernel/schema.ts'
import { mostCharacters } from '../kernel/tokens.ts'
import { RunContext } from '../ports/run-contract.ts'
import { hasProject } from '../routing/sql.ts'
import { excerptOf, longestBody } from '../search/words.ts'
import { TaskRef } from '../tasks/schema.ts'
import { locatedTasks } from '../tasks/sql.ts'
import { readKnowledge } from './context.ts'
import { fitEntries, worthReading, type Fit } from './fit.ts'
import { findKnowledge, type Findings, type Finder } from './retrieve.ts'
import { KnowledgeEntry, KnowledgeFinding, KnowledgeHead, TokenBudget } from './schema.ts'
import { listEntries, locatedEntries, readTexts, type EntryText } from './sql.ts'
import { toEntry, toHead } from './table.ts'

export const get = query({
  title: 'Show a knowledge entry',
  input: z.strictObject({ knowledgeEntryId: Id }),
  output: KnowledgeEntry,
  access: { scope: 'knowledge:read', company: 'knowledgeEntry' },
  http: ['GET', '/knowledge/:knowledgeEntryId'],
  handle: async (context) => toEntry(locatedEntries.of(context)),
})

export const list = query({
  title: 'List knowledge entries without their bodies, oldest first',
  input: z.strictObject({
    companyId: Id,
    projectId: z
      .union([Id, z.literal('none')])
      .optional()
      .describe('`none`: only those of the company as a whole.'),
    tag: Tag.optional(),
    ...pageInput,
  }),
  output: pageOf(KnowledgeHead),
  access: { scope: 'knowledge:read', company: 'company' },
  http: ['GET', '/companies/:companyId/knowledge'],
  async handle({ db, companyId }, { projectId, tag, cursor, limit }) {
    const place = projectId === 'none' ? null : projectId
    const after = cursor === undefined ? undefined : String(decodeCursor(cursor, ['id'])[0])
    const rows = await listEntries(db, { companyId, projectId: place, tag, after, limit: limit + 1 })
    return toPage(rows, limit, { item: toHead, key: (row) => [row.id] })
  },
})

const Omitted = RunContext.shape.knowledge.pick({ omitted: true, moreOmitted: true }).shape

export const search = query({
  title: 'Find the knowledge that fits best',
  description:
    'Not all words must be there: rare words count for more than common ones, titles and tags for more than texts. With an embedder, meaning counts as well as words. `maxTokens` gives the bodies, best first, as far as they fit, and names what had no room.',
  input: z.strictObject({
    companyId: Id,
    query: z.string().min(1).max(2_000),
    projectId: Id.optional().describe('Looks into this project and the company as a whole; left out, everywhere.'),
    limit: wholeNumber(1, 50).prefault(10),
    maxTokens: TokenBudget.optional(),
  }),
  output: z.object({
    items: z.array(KnowledgeFinding),
    ...Omitted,
    usedEmbeddings: z.boolean().describe('False when the entries were found by their words alone.'),
  }),
  access: { scope: 'knowledge:read', company: 'company' },
  http: ['GET', '/companies/:companyId/knowledge/search'],
  async handle(context, { query: text, projectId = null, limit, maxTokens }) {
    const { db, companyId } = context
    if (projectId !== null && !(await hasProject(db, { companyId, projectId })))
      throw notInCompany({ field: 'projectId', entity: 'project', reference: projectId })
    const findings = await findKnowledge(context, { companyId, projectId, text })
    const { usedEmbeddings } = findings
    if (maxTokens !== undefined) return { ...(await fill(context, findings, { companyId, limit, budget: maxTokens })), usedEmbeddings }
    const ids = findings.found.slice(0, limit).map(({ id }) => id)
    const texts = await readTexts(db, { companyId, ids, characters: longestBody })
    return { items: show(findings, texts, null), omitted: [], moreOmitted: 0, usedEmbeddings }
  },
})

export const context = query({
  title: 'Show the knowledge that a run of this task would be given',
  description: 'What fits its title, tags, acceptance criteria and description best, of its project and of the company as a whole.',
  input: z.strictObject({ taskId: TaskRef, maxTokens: TokenBudget.optional().describe('Left out, as many as a run is given.') }),
  output: RunContext.shape.knowledge,
  access: { scope: 'knowledge:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/knowledge'],
  handle: (self, { maxTokens = self.settings.knowledgeTokens }) => readKnowledge(self, { task: locatedTasks.of(self), budget: maxTokens }),
})

interface Budget {
  readonly companyId: string
  readonly limit: number
  readonly budget: number
}

/** The best entries with their bodies, as far as they fit; all others that were found are named as omitted. */
async function fill({ db }: Finder, findings: Findings, { companyId, limit, budget }: Budget) {
  const best = findings.found.slice(0, limit)
  const ids = worthReading(best, budget)
  const texts = await readTexts(db, { companyId, ids, characters: mostCharacters(budget) })
  const fit = fitEntries(findings.found, { bodies: new Map([...texts].map(([id, { body }]) => [id, body])), budget })
  return { items: show(findings, texts, fit), omitted: [...fit.omitted], moreOmitted: fit.moreOmitted }
}

/** Findings in their order, those of which there is a text; with their bodies when they were fitted into a budget. */
function show({ found, words }: Findings, texts: ReadonlyMap<string, EntryText>, fit: Fit | null): KnowledgeFinding[] {
  const given = fit && new Map(fit.given.map((entry) => [entry.id, entry]))
  return found.flatMap(({ id, score }) => {
    const text = texts.get(id)
    const fitted = given?.get(id)
    if (!text || (given && !fitted)) return []
    const { title, source, project_id: projectId, updated_at: updatedAt } = text
    const excerpt = excerptOf(text.body, words)
    const { body = null, tokens = text.tokens, isCut = false } = fitted ?? {}
    return [{ id, projectId, title, tags: JSON.parse(text.tags), source, excerpt, body, tokens, isCut, score, updatedAt }]
  })
}
