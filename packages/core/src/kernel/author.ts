import { z } from 'zod'

import { eventActor, type Actor } from './actor.ts'

/** Who wrote something: an agent also when it wrote from inside a run. */
export const Author = z.object({ kind: z.enum(['system', 'user', 'agent']), id: z.string() })

/** The columns that say who wrote a row. */
export interface AuthorColumns {
  author_kind: 'system' | 'user' | 'agent'
  author_id: string
  run_id: string | null
}

export function authorColumns(actor: Actor): AuthorColumns {
  const { kind, id, runId } = eventActor(actor)
  return { author_kind: kind, author_id: id, run_id: runId }
}

export function toAuthor(row: AuthorColumns): z.infer<typeof Author> {
  return { kind: row.author_kind, id: row.author_id }
}
