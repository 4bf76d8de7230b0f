import { processAdapter } from '@engine/adapters/process'
import type { AgentAdapter } from '@engine/core'

/** The ways to execute an agent that `engine serve` and `engine worker` have, so that each takes what the other could. */
export function commandAdapters(): AgentAdapter[] {
  return [processAdapter()]
}
