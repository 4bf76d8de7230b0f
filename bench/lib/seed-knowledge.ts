import { createEngine } from '@engine/core'
import { EMBEDDER_SPEC, type Embedder } from '@engine/core/plugin'

import { newId } from './id.ts'
import { copies, readTemplate, type SeedTarget, type StoredRow } from './seed-target.ts'

/** The dimensions of a small model. */
const dimensions = 384
const entryWords = 200
/** Words that nearly every text has, and how many others there are. */
const common = ['the', 'and', 'of', 'we', 'when', 'deploy', 'customer']
const rare = 2_000
/** Tasks besides the one that is asked about, each with a preference. */
const others = 5_000

/** Numbers in [0, 1), always the same ones. */
function* chance(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    yield state / 2_147_483_648
  }
}

/** An embedder that gives any text a direction of its own, and calls nobody. */
export const benchEmbedder: Embedder = {
  spec: EMBEDDER_SPEC,
  id: 'bench',
  dimensions,
  embed: async (texts) => texts.map((text) => directionOf(text.length + 1)),
}

function directionOf(seed: number): number[] {
  const numbers = chance(seed)
  return Array.from({ length: dimensions }, () => numbers.next().value - 0.5)
}

function vectorText(seed: number): string {
  const direction = directionOf(seed)
  const length = Math.hypot(...direction)
  const bytes = Buffer.alloc(dimensions * 4)
  for (const [index, value] of direction.entries()) bytes.writeFloatLE(value / length, index * 4)
  return bytes.toString('base64')
}

export interface KnowledgeSeed {
  readonly companyId: string
  readonly projectId: string
  readonly taskId: string
}

/** Fills an empty database with a company that knows much and talks more: comments have the same words. */
export async function seedKnowledge(target: SeedTarget, size: { entries: number; comments: number }): Promise<KnowledgeSeed> {
  const engine = await createEngine({ storage: target.storage })
  const { id: companyId } = await engine.companies.create({ name: 'Bench' })
  const project = await engine.projects.create({ companyId, name: 'Shop' })
  const task = await engine.tasks.create({
    companyId,
    projectId: project.id,
    title: 'When we deploy w7',
    description: 'the customer and w11 of w13',
  })
  await engine.stop()
  const ids = Array.from({ length: size.entries }, () => newId(Date.now()))
  const places = ids.map((_, index) => (index % 10 === 0 ? project.id : null))
  const texts = ids.map((_, index) => textOf(index))
  await target.insert(
    'knowledge_entries',
    ids.map((id, index) => entryRow({ id, companyId, projectId: places[index] ?? null, body: texts[index] ?? '' })),
  )
  await target.insert(
    'knowledge_tags',
    ids.map((id, index) => ({ company_id: companyId, tag: `t${index % 20}`, entry_id: id })),
  )
  await target.insert(
    'knowledge_vectors',
    ids.map((id, index) => ({
      company_id: companyId,
      embedder: benchEmbedder.id,
      entry_id: id,
      entry_version: 1,
      vector: vectorText(index),
    })),
  )
  const mark = (sign: string, id: string) => `§${sign}${id.replaceAll('-', '')}`
  const entries = ids.map((id, index) =>
    searchRow({
      companyId,
      type: 'knowledge',
      id,
      titleWords: `${mark('k', companyId)} ${mark('p', places[index] ?? companyId)} note w${index % rare}`,
      body: texts[index] ?? '',
    }),
  )
  await target.insert('search_entries', entries)
  const comments = Array.from({ length: size.comments }, (_, index) =>
    searchRow({ companyId, type: 'comment', id: newId(Date.now()), titleWords: '', body: textOf(index).slice(0, 300) }),
  )
  await target.insert('search_entries', comments)
  await seedSurroundings(target, { companyId, taskId: task.id })
  await target.refreshStatistics()
  return { companyId, projectId: project.id, taskId: task.id }
}

/** Tasks and preferences enough that a planner prefers their indexes. */
async function seedSurroundings(target: SeedTarget, { companyId, taskId }: { companyId: string; taskId: string }): Promise<void> {
  const task = await readTemplate(target, 'tasks', taskId)
  const ids = Array.from({ length: others }, () => newId(Date.now()))
  await target.insert(
    'tasks',
    copies(task, others, (index) => ({ id: ids[index], identifier: `COPY-${index}` })),
  )
  const times = { version: 1, created_at: task['created_at'], updated_at: task['updated_at'] }
  const preferences = ids.map((scope_id) => ({
    id: newId(Date.now()),
    company_id: companyId,
    scope: 'task',
    scope_id,
    key: 'k',
    value: '1',
    ...times,
  }))
  await target.insert('preferences', preferences)
}

function textOf(index: number): string {
  const numbers = chance(index + 1)
  const word = () => {
    const number = numbers.next().value
    return number < 0.5 ? (common[Math.floor(number * 2 * common.length)] ?? '') : `w${Math.floor((number - 0.5) * 2 * rare)}`
  }
  return Array.from({ length: entryWords }, word).join(' ')
}

function entryRow({
  id,
  companyId,
  projectId,
  body,
}: {
  id: string
  companyId: string
  projectId: string | null
  body: string
}): StoredRow {
  const [at, by] = ['2026-01-01T00:00:00.000Z', 'system']
  const authors = { created_by_kind: by, created_by_id: by, updated_by_kind: by, updated_by_id: by }
  const times = { version: 1, created_at: at, updated_at: at, deleted_at: null }
  return {
    id,
    company_id: companyId,
    project_id: projectId,
    title: 'Note',
    body,
    tags: '[]',
    source: null,
    tokens: Math.ceil(body.length / 4),
    ...authors,
    ...times,
  }
}

interface Searchable {
  readonly companyId: string
  readonly type: string
  readonly id: string
  readonly titleWords: string
  readonly body: string
}

function searchRow({ companyId, type, id, titleWords, body }: Searchable): StoredRow {
  return {
    company_id: companyId,
    entity_type: type,
    entity_id: id,
    task_id: null,
    title: 'Note',
    body,
    title_words: titleWords,
    body_words: body,
  }
}
