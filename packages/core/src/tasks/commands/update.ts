import { command } from '../../kernel/command.ts'
import { showTask } from '../labels.ts'
import { Task, UpdateInput } from '../schema.ts'
import { updateBatch } from '../update-batch.ts'
import { isAboutItselfOnly, updateOne } from '../update.ts'

export const update = command({
  title: 'Change a task',
  description: 'What is left out stays as it is, null clears. Who does it is changed by tasks.assign.',
  input: UpdateInput,
  output: Task,
  access: { scope: 'tasks:plan', company: 'task' },
  http: ['PATCH', '/tasks/:taskId'],
  locks: ({ taskId: _taskId, version: _version, ...change }) => (isAboutItselfOnly(change) ? 'rows' : 'company'),
  batch: updateBatch,
  async handle(context, { taskId, ...change }) {
    return showTask(context.tx, await updateOne(context, taskId, change))
  },
})
