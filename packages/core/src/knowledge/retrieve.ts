import type { Kysely } from 'kysely'

import { familyOf } from '../database/open.ts'
import type { Database } from '../database/tables.ts'
import type { GuardedEmbedder } from '../kernel/embedding.ts'
import { wordsOf } from '../search/words.ts'
import { countEntries, findCandidates, type Place } from './candidates.ts'
import { byRank, fuse, scoreOf, worthOf, type Ranked } from './rank.ts'
import { readTexts } from './sql.ts'
import { nearestEntries } from './vectors.ts'

/** How many words of what is sought count; the first ones, each once. */
const mostWords = 32
/** How many entries are found by their meaning. */
const mostNear = 100
/** How long whoever searches waits for the embedder, milliseconds; after that words have to do. */
const patienceMs = 5_000
/** How much of a text an embedder is given, in characters. */
export const longestEmbedded = 8_000

/** What finding needs of an engine. */
export interface Finder {
  readonly db: Kysely<Database>
  readonly embedder: GuardedEmbedder | null
}

export interface Question extends Place {
  /** What is sought, the most telling first. */
  readonly text: string
}

/** An entry that was found, without its body. */
interface Found extends Ranked {
  readonly title: string
  readonly tokens: number
}

export interface Findings {
  /** The best first. */
  readonly found: readonly Found[]
  /** The words that counted. */
  readonly words: readonly string[]
  /** False when they were found by their words alone. */
  readonly usedEmbeddings: boolean
}

/** Finds the entries that fit a text, by their words and, with an embedder, by their meaning. */
export async function findKnowledge({ db, embedder }: Finder, question: Question): Promise<Findings> {
  const { companyId, projectId, text } = question
  const family = familyOf(db)
  const words = [...new Set(wordsOf(text))].slice(0, mostWords)
  const counted = await countEntries(db, { companyId, projectId }, { words, family })
  if (counted.total === 0) return { found: [], words, usedEmbeddings: false }
  const [rows, near] = await Promise.all([
    findCandidates(db, question, { words: counted.words, family }),
    embedder ? findNear(db, embedder, question) : null,
  ])
  const worth = worthOf(counted.words, counted.total)
  const byWords = rows
    .map(({ project_id, title_words: titleWords, body_words: bodyWords, ...row }) => ({
      ...row,
      projectId: project_id,
      score: scoreOf(worth, { titleWords, bodyWords }),
    }))
    .map(({ id, projectId: place, title, tokens, score }): Found => ({ id, projectId: place, title, tokens, score }))
    .toSorted(byRank)
  if (near === null) return { found: byWords, words, usedEmbeddings: false }
  return { found: await together(db, question, { byWords, near }), words, usedEmbeddings: true }
}

/** The ids of what is near by its meaning; null when the embedder does not answer. */
async function findNear(
  db: Kysely<Database>,
  embedder: GuardedEmbedder,
  { companyId, projectId, text }: Question,
): Promise<string[] | null> {
  const vectors = await embedder.embed([text.slice(0, longestEmbedded).toWellFormed()], { timeoutMs: patienceMs }).catch(() => null)
  const vector = vectors?.[0]
  return vector ? nearestEntries(db, { companyId, projectId, embedder: embedder.id, vector, limit: mostNear }) : null
}

/** Both orders as one. */
async function together(
  db: Kysely<Database>,
  { companyId }: Question,
  { byWords, near }: { byWords: readonly Found[]; near: readonly string[] },
): Promise<Found[]> {
  const known = new Map(byWords.map((entry) => [entry.id, entry]))
  const missing = near.filter((id) => !known.has(id))
  for (const [id, row] of await readTexts(db, { companyId, ids: missing, characters: 0 })) {
    known.set(id, { id, projectId: row.project_id, title: row.title, tokens: row.tokens, score: 0 })
  }
  const scores = fuse([byWords.map(({ id }) => id), near])
  return [...known.values()].map((entry) => ({ ...entry, score: scores.get(entry.id) ?? 0 })).toSorted(byRank)
}
