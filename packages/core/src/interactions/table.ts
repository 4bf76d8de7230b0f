import type { Ask } from '../ports/ask-contract.ts'
import type { Interaction, InteractionAnswer, InteractionKind, InteractionStatus } from './schema.ts'

export interface InteractionTable {
  id: string
  company_id: string
  task_id: string
  /** The run that asked, if one did. */
  run_id: string | null
  kind: InteractionKind
  prompt: string
  ask: string
  status: InteractionStatus
  answerer: 'anyone' | 'operator' | 'admin' | 'person'
  /** Whom a question to one person is for. */
  answerer_user_id: string | null
  /** 1 when the run that asked waits for the answer. */
  waits: number
  asked_by_kind: 'system' | 'user' | 'agent'
  asked_by_id: string
  answer: string | null
  answered_by_kind: 'system' | 'user' | 'agent' | null
  answered_by_id: string | null
  answered_at: string | null
  expires_at: string | null
  version: number
  created_at: string
  updated_at: string
}

export function toInteraction(row: InteractionTable): Interaction {
  const ask: Ask = JSON.parse(row.ask)
  const answeredBy = answererOf(row)
  return {
    id: row.id,
    companyId: row.company_id,
    taskId: row.task_id,
    kind: row.kind,
    ask,
    status: row.status,
    answerer: row.answerer_user_id ?? row.answerer,
    waits: row.waits === 1,
    askedBy: { kind: row.asked_by_kind, id: row.asked_by_id, runId: row.run_id },
    answer: answerOf(row),
    answeredBy,
    answeredInPlaceOf: isAnswered(row) && answeredBy?.id !== row.answerer_user_id ? row.answerer_user_id : null,
    answeredAt: row.answered_at,
    expiresAt: row.expires_at,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function answerOf(row: InteractionTable): InteractionAnswer | null {
  return row.answer === null ? null : JSON.parse(row.answer)
}

function answererOf({ answered_by_kind: kind, answered_by_id: id }: InteractionTable): Interaction['answeredBy'] {
  return kind !== null && id !== null ? { kind, id } : null
}

function isAnswered({ status }: InteractionTable): boolean {
  return status === 'answered' || status === 'accepted' || status === 'rejected'
}
