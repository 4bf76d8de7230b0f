import { sql } from 'kysely'

import { longestBody } from '../search/words.ts'

/** What one new task of many is told by, in the text of a statement. */
export const memberColumns = sql`place int, id uuid, event uuid, title text, description text, status text, priority bigint, goal uuid, tags jsonb, criteria jsonb,
  context jsonb, attempts bigint, due timestamptz, billing text, "titleWords" text, "bodyWords" text, "actorKind" text, "actorId" text, "requestId" text`

/** The columns of a new task that nothing is above of; all others have their defaults. */
export const taskColumns = sql`id, company_id, identifier, title, description, status, priority, goal_id, required_capabilities, tags,
  acceptance_criteria, context, max_attempts, due_at, billing_code, created_by_kind, created_by_id`

export const taskValues = sql`id, company_id, identifier, title, description, status, priority, goal, '[]', tags,
  criteria, context, attempts, due, billing, "actorKind", "actorId"`

/** What a new task is found by. */
export const entryColumns = sql`(company_id, entity_type, entity_id, task_id, title, body, title_words, body_words)
  select company_id, 'task', id, id, identifier || ' ' || title, left(coalesce(description, ''), ${sql.lit(longestBody)}),
    rtrim(lower(replace(identifier, '-', ' ')) || ' ' || "titleWords"), "bodyWords"`
