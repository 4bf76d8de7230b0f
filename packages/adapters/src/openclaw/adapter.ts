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

import { originOf } from '../origin.ts'
import { describeError, outcomeOfError } from '../remote/failures.ts'
import { OpenClawConfig } from './config.ts'
import { connectGateway } from './gateway.ts'
import { GatewayWork } from './work.ts'

/** By which a gateway knows who asks. */
const credentials = ['token', 'password', 'deviceKey']

/**
 * Gives the task to an agent of a gateway of OpenClaw, over one WebSocket a run. Targets that are not public need `allow`, which is the
 * operator's (PROMISES S8).
 */
export function openClawAdapter(options: OutboundOptions = {}): AgentAdapter<OpenClawConfig> {
  const outbound = createOutbound(options)
  return {
    spec: ADAPTER_SPEC,
    type: 'openclaw',
    title: 'An agent of a gateway of OpenClaw',
    configSchema: OpenClawConfig,
    metering: 'final',
    overshoot:
      'All that a run uses beyond its cap: the gateway tells the usage at the end, and not at all when the connection was lost before.',
    secretFields: credentials,
    alwaysSecret: credentials,
    provider: ({ url }) => originOf(url),
    start: async (start) => ({ run: (turn) => runWork(outbound, start, turn) }),
    test: (given) => tryGateway(outbound, given),
  }
}

async function runWork(outbound: Outbound, start: AdapterStartOptions<OpenClawConfig>, turn: AdapterTurn): Promise<RunOutcome> {
  const { timeoutSec } = start.config
  const timeout = AbortSignal.timeout(timeoutSec * 1_000)
  const work = new GatewayWork(outbound, start, { turn, signal: AbortSignal.any([turn.signal, timeout]) })
  try {
    return await work.toItsEnd()
  } catch (error) {
    await work.cancel()
    return outcomeOfError(error, { stop: turn.signal, timeout, timeoutSec })
  } finally {
    work.close()
  }
}

async function tryGateway(outbound: Outbound, { config, signal }: AdapterTestOptions<OpenClawConfig>): Promise<AdapterTestReport> {
  try {
    const { connection, hello, device } = await connectGateway(outbound, config, { signal, onEvent: async () => undefined })
    connection.end(new Error('it was only tried'))
    const known = device ? `as the device ${device.id}` : 'without a device'
    return { checks: [{ name: 'gateway', status: 'passed', message: `Version ${hello.server.version} lets this side in ${known}.` }] }
  } catch (error) {
    return { checks: [{ name: 'gateway', status: 'failed', message: describeError(error) }] }
  }
}
