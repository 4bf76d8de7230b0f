import type { Kysely } from 'kysely'

import { findCompany } from '../companies/sql.ts'
import type { Database } from '../database/tables.ts'
import type { Command, CommandContext } from './command.ts'
import { companyArchived, EngineError } from './errors.ts'

/*
 * An archived company changes no more. That holds where events are written, which no change goes without: their statement
 * writes none there, so the ordinary call is asked nothing more. What stands here is for calls that end before.
 */

/** Handles a command; a refusal in an archived company is about that, whatever else is wrong with the call. */
export async function refusedWhenArchived<Output>(
  context: CommandContext,
  definition: Command,
  handle: () => Promise<Output>,
): Promise<Output> {
  try {
    return await handle()
  } catch (error) {
    if (definition.whenArchived === undefined && isDecision(error)) await assertNotArchived(context.tx, context.companyId)
    throw error
  }
}

/** Whether it is our own answer, after which the transaction can be asked something, and no wish to run again. */
function isDecision(error: unknown): boolean {
  return EngineError.isInstance(error) && error.cause === undefined && error.code !== 'changed_meanwhile'
}

export async function assertNotArchived(db: Kysely<Database>, companyId: string): Promise<void> {
  const company = await findCompany(db, companyId)
  if (company?.status === 'archived') throw companyArchived()
}
