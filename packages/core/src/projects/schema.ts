import { z } from 'zod'

import { Id, IsoTime, LongText, Name } from '../kernel/schema.ts'
import { SecretReference } from '../secrets/schema.ts'

export const ProjectStatus = z.enum(['backlog', 'planned', 'in_progress', 'completed', 'cancelled'])
export type ProjectStatus = z.infer<typeof ProjectStatus>

const Day = z.iso.date().describe('YYYY-MM-DD')

const EnvValue = z.union([z.string(), SecretReference])

/** What the programs of a project's agents find in their environment, up to 64 KiB. */
const Env = z
  .record(z.string().regex(/^[A-Z_][A-Z0-9_]{0,127}$/, 'capital letters, digits and _, not beginning with a digit'), EnvValue)
  .refine((env) => JSON.stringify(env).length <= 65_536, 'larger than 64 KiB')

export const Project = z
  .object({
    id: Id,
    companyId: Id,
    goalId: Id.nullable(),
    leadAgentId: Id.nullable(),
    defaultAgentId: Id.nullable(),
    name: z.string(),
    description: z.string().nullable(),
    status: ProjectStatus,
    targetDate: Day.nullable(),
    env: z.record(z.string(), EnvValue).nullable().describe('Shown to admins only, null for others.'),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Project' })
export type Project = z.infer<typeof Project>

export const ProjectInput = {
  name: Name,
  description: LongText.nullable().optional(),
  goalId: Id.nullable().optional(),
  leadAgentId: Id.nullable().optional(),
  defaultAgentId: Id.nullable().optional().describe('Who gets its tasks when nothing else says who.'),
  targetDate: Day.nullable().optional(),
  env: Env.optional().describe('Replaces all of it. Only admins may name it. A value may be {"secret": "NAME"}.'),
}
