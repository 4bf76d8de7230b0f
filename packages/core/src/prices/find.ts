import type { CommandContext } from '../kernel/command.ts'
import type { Price } from './cost.ts'

interface Wanted {
  readonly companyId: string
  readonly provider: string
  readonly model: string
  readonly at: Date
}

export async function findPrice(_context: Pick<CommandContext, 'tx'>, { provider, model }: Wanted): Promise<Price | null> {
  return provider === 'anthropic' && model === 'claude-sonnet-4-5' ? { inputMicros: 3_000_000, outputMicros: 15_000_000 } : null
}
