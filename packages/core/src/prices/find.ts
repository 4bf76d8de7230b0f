import type { CommandContext } from '../kernel/command.ts'
import type { Price } from './cost.ts'

interface Wanted {
  readonly companyId: string
  readonly provider: string
  readonly model: string
  readonly at: Date
}

export async function findPrice(_context: CommandContext, _wanted: Wanted): Promise<Price | null> {
  return null
}
