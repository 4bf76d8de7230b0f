import { messageOf } from '../failure.ts'
import { CommanderError } from 'commander'

import { EngineError } from '@engine/client'

import { plain } from './table.ts'
import { UsageError } from './value.ts'

/** The exit codes of what a server says. */
const exitCodes: Readonly<Record<EngineError['kind'], number>> = {
  unauthenticated: 3,
  denied: 3,
  missing: 4,
  conflict: 5,
  invalid: 6,
  rule: 6,
  too_large: 6,
  budget: 6,
  unavailable: 7,
  limited: 7,
  internal: 8,
}

const usage = 2

/** Says what went wrong, on standard error. @returns the exit code */
export function report(error: unknown, { isJson }: { isJson: boolean }): number {
  // It has said so itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usage
  if (error instanceof UsageError) {
    console.error(`engine: ${error.message}`)
    return usage
  }
  if (EngineError.isInstance(error)) {
    const { code, kind, message, details, requestId } = error
    const where = requestId === null ? '' : `, request ${requestId}`
    console.error(isJson ? JSON.stringify({ code, kind, message, details, requestId }) : plain(`engine: ${message} (${code}${where})`))
    return exitCodes[kind]
  }
  console.error(`engine: ${messageOf(error)}`)
  return 1
}
