import { z } from 'zod'

import { Author } from '../kernel/author.ts'
import { Id, IsoTime, Tag, wholeNumber } from '../kernel/schema.ts'

/** How long a body may be, in characters; two of these fit into what hosts take as JSON. */
const longestEntry = 262_144

export const KnowledgeHead = z
  .object({
    id: Id,
    companyId: Id,
    projectId: Id.nullable().describe('Null for what the whole company should know.'),
    title: z.string(),
    tags: z.array(z.string()),
    source: z.string().nullable().describe('Where it is from, in the words of whoever wrote it.'),
    tokens: z.number().int().describe('About how many tokens title and body are for a model.'),
    createdBy: Author,
    updatedBy: Author,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'KnowledgeHead' })
export type KnowledgeHead = z.infer<typeof KnowledgeHead>

export const KnowledgeEntry = KnowledgeHead.extend({ body: z.string().describe('Markdown') }).meta({ id: 'KnowledgeEntry' })
export type KnowledgeEntry = z.infer<typeof KnowledgeEntry>

export const KnowledgeInput = {
  title: z.string().trim().min(1).max(500),
  body: z.string().max(longestEntry).describe('Markdown'),
  projectId: Id.nullable().optional().describe('The project that it is about; left out or null, it is for the whole company.'),
  tags: z
    .array(Tag)
    .max(20)
    .transform((tags) => [...new Set(tags)])
    .optional(),
  source: z.string().trim().min(1).max(500).nullable().optional().describe('Where it is from, such as an address or a name.'),
}

/** An entry that was found for what was sought, with as much of it as was asked for. */
export const KnowledgeFinding = z
  .object({
    id: Id,
    projectId: Id.nullable(),
    title: z.string(),
    tags: z.array(z.string()),
    source: z.string().nullable(),
    excerpt: z.string().describe('A piece of its text around what was sought.'),
    body: z.string().nullable().describe('Only with `maxTokens`.'),
    tokens: z.number().int().describe('About how many tokens the title and the whole body are; with `maxTokens`, the body that is given.'),
    isCut: z.boolean().describe('True when the body goes on after what is given.'),
    score: z.number().describe('How well it fits; comparable only within one answer.'),
    updatedAt: IsoTime,
  })
  .meta({ id: 'KnowledgeFinding' })
export type KnowledgeFinding = z.infer<typeof KnowledgeFinding>

export const TokenBudget = wholeNumber(1, 200_000).describe('About how many tokens the bodies may have together.')
