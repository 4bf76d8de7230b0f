import type { AgentAdapter } from '@engine/core'
import { ADAPTER_SPEC } from '@engine/core/plugin'
import { z } from 'zod'

/** Agents that are done as soon as they begin, so that what is measured is all the engine's. */
export const benchAdapter: AgentAdapter = {
  spec: ADAPTER_SPEC,
  type: 'bench',
  title: 'Is done at once',
  metering: 'none',
  overshoot: '0: it spends nothing.',
  configSchema: z.strictObject({}),
  start: async () => ({ run: async () => ({ kind: 'done' }) }),
}
