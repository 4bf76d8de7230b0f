import { z } from 'zod'

import { may } from '../kernel/authorize.ts'
import { query } from '../kernel/command.ts'
import { listOf, pageInput, pageOf, toPage } from '../kernel/page.ts'
import { Id } from '../kernel/schema.ts'
import { readBundle, TaskBundle } from './bundle.ts'
import { showTask, showTasks } from './labels.ts'
import { listTasks, taskFilters } from './list.ts'
import { Mention, unansweredMentions } from './mentions.ts'
import { Task, TaskRef, TaskStatus } from './schema.ts'
import { InboxReason, readInbox, selfOf } from './self.ts'
import { locatedTasks } from './sql.ts'

export const get = query({
  title: 'Show a task',
  input: z.strictObject({ taskId: TaskRef }),
  output: Task,
  access: { scope: 'tasks:read', company: 'task' },
  http: ['GET', '/tasks/:taskId'],
  handle: (context) => showTask(context.db, locatedTasks.of(context)),
})

export const list = query({
  title: 'List tasks, oldest first',
  input: z.strictObject({ companyId: Id, ...taskFilters, ...pageInput }),
  output: pageOf(Task),
  access: { scope: 'tasks:read', company: 'company' },
  http: ['GET', '/companies/:companyId/tasks'],
  async handle(context, input) {
    const page = toPage(await listTasks(context.db, { ...input, companyId: context.companyId }), input.limit, {
      item: (row) => row,
      key: (row) => [row.id],
    })
    return { ...page, items: await showTasks(context.db, page.items) }
  },
})

export const context = query({
  title: 'Show all that whoever works on a task should know',
  description: 'What a run is given at its start, and the project, the tasks below it and the documents.',
  input: z.strictObject({ taskId: TaskRef }),
  output: TaskBundle,
  access: { scope: 'tasks:read', company: 'task' },
  http: ['GET', '/tasks/:taskId/context'],
  handle: (reader) => readBundle(reader, locatedTasks.of(reader)),
})

const openStatuses = TaskStatus.exclude(['done', 'cancelled'])

export const mine = query({
  title: 'List the open tasks that are assigned to me',
  input: z.strictObject({ status: listOf(openStatuses), ...pageInput }),
  output: pageOf(Task),
  access: { scope: 'agents:self', company: 'actor' },
  http: ['GET', '/agents/me/tasks'],
  async handle(self, { status = openStatuses.options, ...at }) {
    const { db, companyId } = self
    const rows = await listTasks(db, { ...at, companyId, status, assigneeAgentId: selfOf(self) })
    const page = toPage(rows, at.limit, { item: (row) => row, key: (row) => [row.id] })
    return { ...page, items: await showTasks(db, page.items) }
  },
})

export const inbox = query({
  title: 'Show what waits for me, the most urgent first',
  description:
    'What is under way comes first, then work that was sent back, then new work. Tasks that can not start yet are not in it. `mentions` are the newest comments on open tasks that mention me, since I last commented there.',
  input: z.strictObject({ limit: pageInput.limit }),
  output: z.object({
    items: z.array(z.object({ reason: InboxReason, task: Task })),
    mentions: z.array(Mention).describe('Newest first, 50 at most; none for a key that may not read comments.'),
  }),
  access: { scope: 'agents:self', company: 'actor' },
  http: ['GET', '/agents/me/inbox'],
  async handle(self, { limit }) {
    const me = { companyId: self.companyId, agentId: selfOf(self) }
    const found = await readInbox(self.db, { ...me, limit })
    const tasks = await showTasks(
      self.db,
      found.map(({ row }) => row),
    )
    const items = tasks.flatMap((task, index) => (found[index] ? [{ reason: found[index].reason, task }] : []))
    return { items, mentions: may(self, 'comments:read') ? await unansweredMentions(self.db, me) : [] }
  },
})
