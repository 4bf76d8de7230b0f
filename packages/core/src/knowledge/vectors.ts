import type { Kysely, Transaction } from 'kysely'

import { statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'

/** The text of a vector: base64 of its 32-bit floats, the lowest byte first whatever the machine. Pure. */
export function encodeVector(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4)
  return bytes.toString('base64')
}

/** How near two directions are, of which one is kept as text: 1 the same, 0 nothing in common. Both have the length one. Pure. */
export function similarity(vector: Float32Array, text: string): number {
  const bytes = Buffer.from(text, 'base64')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length !== vector.length * 4) return 0
  let sum = 0
  for (let index = 0; index < vector.length; index += 1) sum += (vector[index] ?? 0) * view.getFloat32(index * 4, true)
  return sum
}

interface NewVectors {
  readonly companyId: string
  readonly embedder: string
  readonly vectors: readonly { readonly entryId: string; readonly version: number; readonly vector: string }[]
}

/** Keeps vectors of entries, each of the newest version that any was made of. */
export async function storeVectors(tx: Transaction<Database>, { companyId, embedder, vectors }: NewVectors): Promise<void> {
  const rows = vectors.map(({ entryId, version, vector }) => ({
    company_id: companyId,
    embedder,
    entry_id: entryId,
    entry_version: version,
    vector,
  }))
  await tx
    .insertInto('knowledge_vectors')
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(['company_id', 'embedder', 'entry_id'])
        .doUpdateSet((e) => ({ entry_version: e.ref('excluded.entry_version'), vector: e.ref('excluded.vector') }))
        .whereRef('knowledge_vectors.entry_version', '<', 'excluded.entry_version'),
    )
    .execute()
}

export async function removeVectors(tx: Transaction<Database>, given: { companyId: string; entryId: string }): Promise<void> {
  await tx.deleteFrom('knowledge_vectors').where('company_id', '=', given.companyId).where('entry_id', '=', given.entryId).execute()
}

/** How many vectors one statement reads, and how many a search compares at most: those of the newest entries. */
const pageOfVectors = 1_000
const mostCompared = 20_000

interface Place {
  readonly companyId: string
  /** Null for the whole company with all its projects. */
  readonly projectId: string | null
}

interface Sought extends Place {
  readonly embedder: string
  readonly vector: Float32Array
  readonly limit: number
}

/** The ids of the entries whose direction is nearest, nearest first, equals the newest first; none that has nothing in common. */
export async function nearestEntries(db: Kysely<Database>, sought: Sought): Promise<string[]> {
  let nearest: { id: string; near: number }[] = []
  let before = highestId
  for (let compared = 0; compared < mostCompared; compared += pageOfVectors) {
    const { companyId, embedder, projectId } = sought
    const rows =
      projectId === null
        ? await vectorsOfCompany(db, { companyId, embedder, before })
        : await vectorsOfProject(db, { companyId, embedder, before, projectId })
    const found = rows.map(({ id, vector }) => ({ id, near: similarity(sought.vector, vector) })).filter(({ near }) => near > 0)
    nearest = [...nearest, ...found]
      .toSorted((left, right) => right.near - left.near || (left.id < right.id ? 1 : -1))
      .slice(0, sought.limit)
    if (rows.length < pageOfVectors) break
    before = rows.at(-1)?.id ?? before
  }
  return nearest.map(({ id }) => id)
}

const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

interface Page {
  readonly companyId: string
  readonly embedder: string
  readonly before: string
}

/** Vectors that fit the present versions of their entries, newest entries first. */
function vectorsBefore(db: Kysely<Database>, given: Page) {
  return db
    .selectFrom('knowledge_vectors as v')
    .innerJoin('knowledge_entries as e', (join) =>
      join.onRef('e.company_id', '=', 'v.company_id').onRef('e.id', '=', 'v.entry_id').onRef('e.version', '=', 'v.entry_version'),
    )
    .select(['e.id', 'v.vector'])
    .where('v.company_id', '=', given.companyId)
    .where('v.embedder', '=', given.embedder)
    .where('v.entry_id', '<', given.before)
    .where('e.deleted_at', 'is', null)
    .orderBy('v.entry_id', 'desc')
    .limit(pageOfVectors)
}

const vectorsOfCompany = statement((db, given: Page) => vectorsBefore(db, given))

const vectorsOfProject = statement((db, given: Page & { projectId: string }) =>
  vectorsBefore(db, given).where((e) => e.or([e('e.project_id', 'is', null), e('e.project_id', '=', given.projectId)])),
)
