import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

export const Label = z
  .object({
    id: Id,
    companyId: Id,
    name: z.string(),
    color: z.string().nullable().describe('#rrggbb'),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Label' })
export type Label = z.infer<typeof Label>

export const LabelInput = {
  name: z.string().trim().min(1).max(64).describe('Unique in the company, whatever its case.'),
  color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'a color such as #1a2b3c')
    .toLowerCase()
    .nullable()
    .optional(),
}
