import { z } from 'zod'

import { command } from '../../kernel/command.ts'
import { deleteOne } from '../delete.ts'
import { DeletedTask, TaskRef } from '../schema.ts'

// `delete` is no name in JavaScript, so the operation has it only outside.
const remove = command({
  title: 'Delete a task',
  description:
    'Nobody finds it afterwards, and its identifier is never given again; what it did stays in the log. An open task is cancelled first. Refused while somebody works on it or open tasks are below it.',
  input: z.strictObject({ taskId: TaskRef }),
  output: DeletedTask,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['DELETE', '/tasks/:taskId'],
  handle: (context, input) => deleteOne(context, input.taskId),
})

export { remove as delete }
