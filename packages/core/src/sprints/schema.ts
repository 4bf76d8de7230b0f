import { z } from 'zod'

import { Id, IsoTime, LongText, Name } from '../kernel/schema.ts'
import { Progress, TaskCountByStatus } from '../projects/progress.ts'

export const SprintStatus = z.enum(['planning', 'active', 'completed', 'cancelled'])
export type SprintStatus = z.infer<typeof SprintStatus>

const Day = z.iso.date().describe('YYYY-MM-DD')

export const Sprint = z
  .object({
    id: Id,
    companyId: Id,
    projectId: Id.nullable(),
    name: z.string(),
    goal: z.string().nullable(),
    status: SprintStatus,
    startsOn: Day.nullable(),
    endsOn: Day.nullable(),
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Sprint' })
export type Sprint = z.infer<typeof Sprint>

export const SprintProgress = Progress.extend({ byStatus: TaskCountByStatus }).meta({ id: 'SprintProgress' })

export const SprintInput = {
  name: Name,
  goal: LongText.nullable().optional().describe('What it is to bring, in words.'),
  projectId: Id.nullable().optional(),
  startsOn: Day.nullable().optional(),
  endsOn: Day.nullable().optional().describe('Its last day, which is not before the first.'),
}
