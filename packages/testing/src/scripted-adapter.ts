import { z } from 'zod'

import {
  ADAPTER_SPEC,
  systemClock,
  type AdapterTurn,
  type AgentAdapter,
  type Clock,
  type RunOutcome,
  type RunUsage,
} from '@engine/core/plugin'

/** What an agent does in one run: emits what it likes and ends with an outcome. */
export type Script = (turn: AdapterTurn) => Promise<RunOutcome>

/** An adapter that does what a test tells it. */
export interface ScriptedAdapter extends AgentAdapter {
  /** What runs do that have no script of their own; they are done at once unless the test says otherwise. */
  script: Script
  /** Scripts by task id, task identifier (`ACM-42`), agent id or agent name; the first of these that is there counts. */
  readonly scripts: Map<string, Script>
  /** Every turn that was begun, oldest first. */
  readonly turns: readonly AdapterTurn[]
}

/**
 * What is called back for its runs is genuine when its signature is the word `genuine`.
 *
 * @param options `type` is the agents' `adapterType`, `scripted` when left out
 */
export function scriptedAdapter(options: { type?: string; metering?: AgentAdapter['metering'] } = {}): ScriptedAdapter {
  const turns: AdapterTurn[] = []
  const adapter: ScriptedAdapter = {
    spec: ADAPTER_SPEC,
    type: options.type ?? 'scripted',
    title: 'Does what the test says',
    metering: options.metering ?? 'none',
    overshoot: '0 for what its scripts do not spend.',
    configSchema: z.strictObject({}),
    script: ends({ kind: 'done' }),
    scripts: new Map(),
    turns,
    isGenuine: ({ headers }) => headers['webhook-signature'] === 'genuine',
    start: async () => ({
      run: async (turn) => {
        turns.push(turn)
        return scriptFor(adapter, turn)(turn)
      },
    }),
  }
  return adapter
}

function scriptFor(adapter: ScriptedAdapter, { context }: AdapterTurn): Script {
  const names = [context.task.id, context.task.identifier, context.agent.id, context.agent.name]
  const own = names.map((name) => adapter.scripts.get(name)).find((script) => script !== undefined)
  return own ?? adapter.script
}

const done: Script = async () => ({ kind: 'done' })

/** Ends at once with this outcome. */
export function ends(outcome: RunOutcome): Script {
  return async () => outcome
}

/** The first run follows the first script, the next one the next; the last one is for all that follow. */
export function inTurn(first: Script, ...others: readonly Script[]): Script {
  const scripts = [first, ...others]
  let runs = 0
  return (turn) => {
    const script = scripts[Math.min(runs, scripts.length - 1)] ?? first
    runs += 1
    return script(turn)
  }
}

/** Reports what it consumed (tokens, micro-dollars), then goes on. */
export function costs(usage: RunUsage, then: Script = done): Script {
  return async (turn) => {
    await turn.emit({ type: 'usage', usage })
    return then(turn)
  }
}

/** Works for `ms` milliseconds, then goes on; stops at once when it is told to. */
export function takes(ms: number, then: Script = done, clock: Clock = systemClock): Script {
  return async (turn) => {
    await clock.sleep(ms, turn.signal)
    return turn.signal.aborted ? stopped(turn.signal) : then(turn)
  }
}

/** Rejects, as an adapter with a defect does. */
export function crashes(message = 'the adapter crashed'): Script {
  return async () => {
    throw new Error(message)
  }
}

/** Does nothing until it is told to stop. */
export function hangs(): Script {
  return async ({ signal }) => {
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    return stopped(signal)
  }
}

/** Ignores that it is told to stop: when `release` resolves it goes on as if it still owned its task. */
export function zombie(release: Promise<unknown>, then: Script = done): Script {
  return async (turn) => {
    await release
    return then(turn)
  }
}

function stopped(signal: AbortSignal): RunOutcome {
  return { kind: 'failed', class: 'transient', message: `told to stop: ${String(signal.reason)}` }
}
