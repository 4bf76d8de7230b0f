import {
  ADAPTER_SPEC,
  type AdapterStartOptions,
  type AdapterTestOptions,
  type AdapterTestReport,
  type AdapterTurn,
  type AgentAdapter,
  type RunOutcome,
} from '@engine/core/plugin'
import { createOutbound, type Outbound, type OutboundOptions } from '@engine/outbound'

import { describeError, outcomeOfError } from '../remote/failures.ts'
import { connect } from './client.ts'
import { A2aConfig } from './config.ts'
import { secretHeaders } from '../remote/headers.ts'
import { RemoteTask } from './remote-task.ts'

/**
 * Gives the task to an agent elsewhere that speaks the Agent2Agent protocol, and looks at its work until that has ended. Targets that
 * are not public need `allow`, which is the operator's (PROMISES S8).
 */
export function a2aAdapter(options: OutboundOptions = {}): AgentAdapter<A2aConfig> {
  const outbound = createOutbound(options)
  return {
    spec: ADAPTER_SPEC,
    type: 'a2a',
    title: 'An agent elsewhere that speaks the Agent2Agent protocol',
    configSchema: A2aConfig,
    alwaysSecret: secretHeaders,
    metering: 'final',
    overshoot: 'All that a run uses: the protocol tells no usage, so that nothing of it can be counted or stopped at a limit.',
    start: async (start) => ({ run: (turn) => runRemote(outbound, start, turn) }),
    test: (given) => tryRemote(outbound, given),
  }
}

async function runRemote(outbound: Outbound, start: AdapterStartOptions<A2aConfig>, turn: AdapterTurn): Promise<RunOutcome> {
  const { timeoutSec } = start.config
  const timeout = AbortSignal.timeout(timeoutSec * 1_000)
  const signal = AbortSignal.any([turn.signal, timeout])
  let work: RemoteTask | undefined
  try {
    signal.throwIfAborted()
    const { client } = await connect(outbound, start.config, signal)
    work = new RemoteTask(client, start, { turn, signal })
    return await work.toItsEnd()
  } catch (error) {
    await work?.cancel()
    return outcomeOfError(error, { stop: turn.signal, timeout, timeoutSec })
  }
}

async function tryRemote(outbound: Outbound, { config, signal }: AdapterTestOptions<A2aConfig>): Promise<AdapterTestReport> {
  try {
    const { name } = await connect(outbound, config, signal)
    return { checks: [{ name: 'card', status: 'passed', message: `The card is that of ${name}. Its credentials were not tried.` }] }
  } catch (error) {
    return { checks: [{ name: 'card', status: 'failed', message: describeError(error) }] }
  }
}
