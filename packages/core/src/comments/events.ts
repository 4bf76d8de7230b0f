import { z } from 'zod'

export const commentEvents = {
  'comment.created': z.object({ taskId: z.string(), parentId: z.string().nullable() }),
}
