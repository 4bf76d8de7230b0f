import { z } from 'zod'

import { IsoTime, LongText, Name, Id, jsonObject } from '../kernel/schema.ts'

export const CompanyStatus = z.enum(['active', 'paused', 'archived'])
export type CompanyStatus = z.infer<typeof CompanyStatus>

const StrategyGate = z.enum(['none', 'closed', 'open'])
export type StrategyGate = z.infer<typeof StrategyGate>

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
    pauseReason: z.string().nullable().describe('Why it is paused, for as long as it is.'),
    taskPrefix: z.string(),
    requiresHireApproval: z.boolean(),
    requiresStrategyApproval: z.boolean(),
    strategyGate: StrategyGate.describe(
      'closed: nothing starts before the first strategy is approved; open: one was; none: none is needed.',
    ),
    brandColor: z.string().nullable(),
    attachmentMaxBytes: z.number().int(),
    defaultAgentId: Id.nullable(),
    settings: jsonObject,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Company' })
export type Company = z.infer<typeof Company>

export const mebibyte = 1024 * 1024

export const CompanyInput = {
  name: Name,
  description: LongText.nullable().optional(),
  taskPrefix: TaskPrefix.optional(),
  requiresHireApproval: z.boolean().optional().describe('Whether an agent that is created waits for an approval. Off when left out.'),
  requiresStrategyApproval: z
    .boolean()
    .optional()
    .describe('Whether nothing starts before a strategy is approved for the first time. Off when left out.'),
  brandColor: z
    .string()
    .regex(/^#[\da-f]{6}$/i, 'a color such as #0a7cff')
    .toLowerCase()
    .nullable()
    .optional(),
  attachmentMaxBytes: z
    .number()
    .int()
    .min(1)
    .max(100 * mebibyte)
    .optional()
    .describe('The largest attachment, 1 byte to 100 MiB. 10 MiB when left out.'),
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
