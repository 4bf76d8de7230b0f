import { z } from 'zod'

import { IsoTime, LongText, Name, Id, jsonObject } from '../kernel/schema.ts'

export const CompanyStatus = z.enum(['active', 'paused', 'archived'])
export type CompanyStatus = z.infer<typeof CompanyStatus>

const TaskPrefix = z
  .string()
  .regex(/^[A-Z][A-Z0-9]{1,7}$/, '2 to 8 capital letters or digits, beginning with a letter')
  .describe('First part of its task identifiers, as ACM in ACM-42; unique in the database.')

export const Company = z
  .object({
    id: Id,
    name: z.string(),
    description: z.string().nullable(),
    status: CompanyStatus,
    taskPrefix: z.string(),
    settings: jsonObject,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Company' })
export type Company = z.infer<typeof Company>

export const CompanyInput = {
  name: Name,
  description: LongText.nullable().optional(),
  taskPrefix: TaskPrefix.optional(),
  settings: jsonObject.optional(),
}

/** The prefix that a company gets when none is asked for: from its name's letters, for example Acme Works → ACM. */
export function prefixFromName(name: string): string {
  const letters = name
    .toUpperCase()
    .normalize('NFKD')
    .replaceAll(/[^A-Z0-9]/g, '')
  return (/^[A-Z]/.test(letters) ? letters : `C${letters}`).padEnd(2, 'X').slice(0, 3)
}
