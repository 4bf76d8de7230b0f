import type { FailureClass } from '../ports/run-contract.ts'
import type { Breaker, BreakerStatus } from './schema.ts'

export interface BreakerTable {
  id: string
  company_id: string
  adapter_type: string
  /** '' where the adapter has one provider only. */
  provider: string
  status: BreakerStatus
  /** In a row; 0 when it is closed. */
  failures: number
  failure_class: FailureClass | null
  reason: string | null
  opened_at: string | null
  cools_until: string | null
  probe_run_id: string | null
  version: number
  created_at: string
  updated_at: string
}

/** Which breaker it is. */
export type BreakerKey = Pick<BreakerTable, 'company_id' | 'adapter_type' | 'provider'>

export function toBreaker(row: BreakerTable): Breaker {
  return {
    id: row.id,
    companyId: row.company_id,
    adapterType: row.adapter_type,
    provider: row.provider === '' ? null : row.provider,
    status: row.status,
    failures: row.failures,
    failureClass: row.failure_class,
    reason: row.reason,
    openedAt: row.opened_at,
    until: row.cools_until,
    probeRunId: row.probe_run_id,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
