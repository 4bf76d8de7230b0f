import { ADAPTER_SPEC, type AdapterTurn, type AgentAdapter, type RunOutcome } from '@engine/core/plugin'
import { z } from 'zod'

/** What an agent does: says things by `emit`, stops soon when `signal` is aborted, and answers with how it ended. */
export type Work = (turn: Pick<AdapterTurn, 'context' | 'emit' | 'signal'>) => Promise<RunOutcome>

/** Functions of your own program as agents: `{ "adapterType": "function", "adapterConfig": { "name": "greet" } }`. */
export function functionAdapter(functions: Readonly<Record<string, Work>>): AgentAdapter<{ name: string }> {
  return {
    spec: ADAPTER_SPEC,
    type: 'function',
    title: 'A function of this program',
    metering: 'none',
    overshoot: '0: a function spends nothing that Engine knows of.',
    configSchema: z.strictObject({ name: z.enum(Object.keys(functions)) }),
    start: async ({ config }) => ({
      async run({ context, signal, emit }) {
        const stopped = (): RunOutcome => ({ kind: 'failed', class: 'transient', message: `stopped: ${String(signal.reason)}` })
        if (signal.aborted) return stopped()
        // Whatever it says once it is stopped comes too late.
        const emitUntilStopped: AdapterTurn['emit'] = async (event) => (signal.aborted ? undefined : emit(event))
        try {
          const outcome = await functions[config.name]?.({ context, signal, emit: emitUntilStopped })
          return signal.aborted || !outcome ? stopped() : outcome
        } catch (error) {
          return signal.aborted ? stopped() : { kind: 'failed', class: 'unknown', message: String(error) }
        }
      },
    }),
  }
}
