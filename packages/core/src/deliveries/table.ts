import type { Delivery, DeliveryAttempt, DeliveryStatus } from './schema.ts'

export interface DeliveryTable {
  id: string
  company_id: string
  route_id: string
  event_id: string
  event_seq: number
  event_type: string
  entity_type: string
  entity_id: string
  status: DeliveryStatus
  /** How often it was begun to be sent, and how often since it was written or replayed. */
  attempts: number
  tries: number
  /** The first of those tries. */
  tried_since: string | null
  claimed_at: string | null
  /** When it may be claimed; null while it is not open, or waits behind an earlier one of its entity. A claim leaves it as it is. */
  next_at: string | null
  /** Until when nobody else may send it; null while nobody does. In no index, so that a claim is a change of one row and nothing else. */
  claimed_until: string | null
  /** Grows with every claim, so that who took too long settles nothing. */
  fence: number
  reason: string | null
  response_status: number | null
  reference: string | null
  /** What it was sent together with, or is again; null when it goes by itself or was not taken yet. */
  digest_id: string | null
  /** A `DeliveryAttempt`: what the last try came to. Those before it are rows of their own, which most deliveries never need. */
  last_try: string | null
  created_at: string
  updated_at: string
  ended_at: string | null
}

export interface DeliveryAttemptTable {
  company_id: string
  delivery_id: string
  number: number
  result: DeliveryAttempt['result']
  response_status: number | null
  reason: string | null
  response: string | null
  started_at: string
  ended_at: string
}

export function toDelivery(row: DeliveryTable): Delivery {
  return {
    id: row.id,
    companyId: row.company_id,
    routeId: row.route_id,
    eventId: row.event_id,
    eventSeq: row.event_seq,
    eventType: row.event_type,
    entity: { type: row.entity_type, id: row.entity_id },
    status: row.status,
    attempts: row.attempts,
    nextAt: row.claimed_until ?? row.next_at,
    reason: row.reason,
    responseStatus: row.response_status,
    reference: row.reference,
    digestId: row.digest_id,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    endedAt: row.ended_at,
  }
}

/** The tries of a delivery, oldest first: those before the last one, and the last one. */
export function toTries({ last_try: last }: DeliveryTable, earlier: readonly DeliveryAttemptTable[]): DeliveryAttempt[] {
  // Only `settleDeliveries` writes it.
  return [...earlier.map(toAttempt), ...(last === null ? [] : [JSON.parse(last) as DeliveryAttempt])]
}

function toAttempt(row: DeliveryAttemptTable): DeliveryAttempt {
  return {
    number: row.number,
    result: row.result,
    responseStatus: row.response_status,
    reason: row.reason,
    response: row.response,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}
