import { findColleague } from '../agents/sql.ts'
import { authorColumns, toAuthor } from '../kernel/author.ts'
import type { CommandContext } from '../kernel/command.ts'
import { ruleViolated } from '../kernel/errors.ts'
import { wake } from '../runs/wake.ts'
import { writeSearchEntry } from '../search/sql.ts'
import { unresolvedBlockers } from '../tasks/sql.ts'
import type { TaskTable } from '../tasks/table.ts'
import { requireTask } from '../tasks/transition.ts'
import { mentionedIn } from './mentions.ts'
import { findComment, insertComment, mentionableAgents } from './sql.ts'
import type { CommentTable } from './table.ts'

interface NewComment {
  readonly taskId: string
  readonly deliverableId: string | null
  readonly parentId?: string | undefined
  readonly body: string
  readonly mentions: readonly string[]
  /** False where the caller wakes whom it concerns. */
  readonly wakes?: boolean
}

/** Writes a comment, with whom it mentions, and wakes whom it concerns. */
export async function writeComment(context: CommandContext, wish: NewComment): Promise<CommentTable> {
  const parent = wish.parentId === undefined ? null : await requireParent(context, { ...wish, parentId: wish.parentId })
  const mentions = await findMentions(context, wish)
  const row: CommentTable = {
    id: context.newId(),
    company_id: context.companyId,
    task_id: wish.taskId,
    parent_id: parent?.id ?? null,
    ...authorColumns(context.actor),
    body: wish.body,
    // Whoever answers a comment about a deliverable speaks about it too.
    deliverable_id: wish.deliverableId ?? parent?.deliverable_id ?? null,
    mentions: JSON.stringify(mentions),
    created_at: context.now,
  }
  await insertComment(context.tx, row, mentions)
  await writeSearchEntry(context, { type: 'comment', id: row.id, taskId: row.task_id, title: '', body: row.body })
  context.emit(
    'comment.created',
    { type: 'comment', id: row.id, version: 1 },
    { taskId: row.task_id, deliverableId: row.deliverable_id, parentId: row.parent_id, author: toAuthor(row), mentions },
  )
  if (wish.wakes !== false) await wakeByComment(context, row, mentions)
  return row
}

async function requireParent(context: CommandContext, wish: NewComment & { parentId: string }): Promise<CommentTable> {
  const parent = await findComment(context.tx, wish.parentId)
  const isHere = parent?.company_id === context.companyId && parent.task_id === wish.taskId
  if (!isHere || (wish.deliverableId !== null && parent.deliverable_id !== wish.deliverableId)) {
    const place = wish.deliverableId === null ? 'task' : 'deliverable'
    throw ruleViolated(`parentId: there is no comment ${wish.parentId} on this ${place}.`)
  }
  return parent
}

/** The agents that the caller names, then those that the text names. */
async function findMentions(context: CommandContext, wish: NewComment): Promise<string[]> {
  if (wish.mentions.length === 0 && !wish.body.includes('@')) return []
  const agents = await mentionableAgents(context.tx, context.companyId)
  const known = new Set(agents.map((agent) => agent.id))
  const unknown = wish.mentions.filter((id) => !known.has(id))
  if (unknown.length > 0)
    throw ruleViolated(`mentions: this company has no such agent: ${unknown.join(', ')}.`, { unknownAgentIds: unknown })
  return [...new Set([...wish.mentions, ...mentionedIn(wish.body, agents)])]
}

/**
 * Wakes the agent that a comment concerns: the assignee, or the first one mentioned on a task that is nobody's. Another agent
 * could not check the task out, so for it the mention is only something to read. Nobody wakes themselves.
 */
async function wakeByComment(context: CommandContext, comment: CommentTable, mentions: readonly string[]): Promise<void> {
  const isByPerson = context.actor.kind === 'user'
  if (mentions.length === 0 && !isByPerson) return
  const task = await requireTask(context, comment.task_id)
  const agentId = concernedAgent(task, mentions, comment)
  if (agentId === null || isAuthor(comment, agentId)) return
  const isMentioned = mentions.includes(agentId)
  if (!isMentioned && !isByPerson) return
  // An agent that is at work is asked again only by name; one that waits for an answer goes on with it, and then knows.
  if (task.status !== 'todo' && task.status !== 'blocked' && !(task.status === 'in_progress' && isMentioned)) return
  const blockers = await unresolvedBlockers(context.tx, { companyId: context.companyId, taskId: task.id })
  if (blockers.length > 0) return
  const agent = await findColleague(context.tx, { companyId: context.companyId, agentId })
  if (agent) await wake(context, { agent, task, reason: 'comment' })
}

function concernedAgent(task: TaskTable, mentions: readonly string[], comment: CommentTable): string | null {
  if (task.assignee_agent_id !== null || task.assignee_user_id !== null) return task.assignee_agent_id
  return mentions.find((id) => !isAuthor(comment, id)) ?? null
}

function isAuthor(comment: CommentTable, agentId: string): boolean {
  return comment.author_kind === 'agent' && comment.author_id === agentId
}
