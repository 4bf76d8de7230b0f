import type { CommandContext } from '../kernel/command.ts'

export interface Amounts {
  readonly costMicros: number
  readonly tokens: number
  readonly runs: number
  readonly wallMs: number
}

export interface Charge {
  readonly companyId: string
  readonly agentId: string | null
  readonly projectId: string | null
  readonly taskId: string | null
  readonly amounts: Amounts
  /** Its time of admission decides the period. */
  readonly at: Date
}

/** Books what was spent without a hold. */
export async function chargeBudgets(_context: CommandContext, _charge: Charge): Promise<void> {}
