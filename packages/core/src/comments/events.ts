import { z } from 'zod'

import { Author } from '../kernel/author.ts'

export const commentEvents = {
  'comment.created': z.object({
    taskId: z.string(),
    deliverableId: z.string().nullable(),
    parentId: z.string().nullable(),
    author: Author,
    mentions: z.array(z.string()),
  }),
}
