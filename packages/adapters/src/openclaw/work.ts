import { setTimeout as sleep } from 'node:timers/promises'

import type { AdapterStartOptions, AdapterTurn, JsonValue, RunOutcome } from '@engine/core/plugin'
import { OutboundError, type Outbound } from '@engine/outbound'
import { z } from 'zod'

import { renderPrompt } from '../models/prompt.ts'
import { failed } from '../failures.ts'
import { handIn } from '../remote/hand-in.ts'
import type { OpenClawConfig } from './config.ts'
import { connectGateway, type Gateway } from './gateway.ts'
import { AgentEvent, Asked, History, Waited } from './messages.ts'
import { endFailure, failureOf, lastWords, textOf, usageOf } from './result.ts'

const howToAnswer = 'Your last message is the result, which people read who have not seen your work: make it complete, in Markdown.'
/** How often a connection may be lost while a run lasts. */
const mostLosses = 8
const firstWaitMs = 500
const longestWaitMs = 15_000
/** How long one question after the end waits over there; the next one follows. */
const waitMs = 20_000
/** How long a run that is stopped waits for the other side to be told. */
const cancelMs = 3_000
/** How many tools are remembered that have begun and not ended. */
const mostTools = 100

const SessionState = z.object({ sessionKey: z.string().min(1) })

/** One run of an agent of a gateway. The work over there goes on when the connection is lost, and is found again. */
export class GatewayWork {
  readonly #outbound: Outbound
  readonly #start: AdapterStartOptions<OpenClawConfig>
  readonly #turn: AdapterTurn
  readonly #signal: AbortSignal
  readonly #sessionKey: string
  readonly #tools = new Map<string, JsonValue>()
  #gateway: Gateway | null = null
  #isAsked = false
  #acceptedAt = 0
  #runId: string | null = null

  constructor(
    outbound: Outbound,
    start: AdapterStartOptions<OpenClawConfig>,
    { turn, signal }: { turn: AdapterTurn; signal: AbortSignal },
  ) {
    this.#outbound = outbound
    this.#start = start
    this.#turn = turn
    this.#signal = signal
    this.#sessionKey = SessionState.safeParse(turn.session).data?.sessionKey ?? newSessionKey(start)
  }

  async toItsEnd(): Promise<RunOutcome> {
    for (let losses = 0; ; losses += 1) {
      try {
        this.#gateway = await this.#connect()
        return await (this.#runId === null ? this.#ask(this.#gateway) : this.#findEnd(this.#gateway, this.#runId))
      } catch (error) {
        // Before anything was asked, the whole run may as well be tried again by those who decide that.
        const isLoss = this.#isAsked && error instanceof OutboundError && error.isPassing
        if (!isLoss || losses === mostLosses || this.#signal.aborted) throw error
        await this.#turn.emit({ type: 'log', stream: 'system', text: `${error.message} Connecting again.\n` })
      }
      await sleep(Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** losses), undefined, { signal: this.#signal })
    }
  }

  /** Tells the other side that nobody waits any more; it may not hear it. */
  async cancel(): Promise<void> {
    if (!this.#gateway || !this.#isAsked) return
    const named = { key: this.#sessionKey, ...(this.#runId !== null && { runId: this.#runId }) }
    const given = { result: z.unknown(), signal: AbortSignal.timeout(cancelMs) }
    await this.#gateway.connection.ask('sessions.abort', named, given).catch(() => undefined)
  }

  close(): void {
    this.#gateway?.connection.end(new Error('the run has ended'))
  }

  async #connect(): Promise<Gateway> {
    this.close()
    const onEvent = async (name: string, payload: unknown) => {
      const event = name === 'agent' ? AgentEvent.safeParse(payload).data : undefined
      if (event && event.runId === this.#runId) await this.#tell(event)
    }
    return connectGateway(this.#outbound, this.#start.config, { signal: this.#signal, onEvent })
  }

  async #ask(gateway: Gateway): Promise<RunOutcome> {
    const { connection } = gateway
    const { agentId, timeoutSec } = this.#start.config
    const { context } = this.#turn
    const { system, task } = renderPrompt(context, howToAnswer)
    const params = {
      message: task,
      extraSystemPrompt: system,
      sessionKey: this.#sessionKey,
      ...(agentId !== undefined && { agentId }),
      // The same request twice, as after a connection that was lost, is one piece of work.
      idempotencyKey: `${this.#start.runId}-${context.run.fence}`,
      deliver: false,
      timeout: Math.ceil(timeoutSec),
    }
    const wasAsked = this.#isAsked
    this.#isAsked = true
    if (!wasAsked) await this.#turn.emit({ type: 'session', state: { sessionKey: this.#sessionKey } })
    const goesOn = (answer: Asked) => {
      if (answer.status !== 'accepted') return false
      this.#runId = answer.runId
      this.#acceptedAt = performance.now()
      // The end of what was asked before is told to the connection that was lost.
      return !wasAsked
    }
    const end = await connection.ask('agent', params, { result: Asked, signal: this.#signal, goesOn })
    if (end.status === 'accepted') return this.#findEnd(gateway, end.runId)
    for (const event of usageOf(end.result?.meta ?? {})) await this.#turn.emit(event)
    return failureOf(end) ?? this.#handIn(textOf(end))
  }

  /** Of work whose connection was lost, by asking what may be asked as often as one likes. */
  async #findEnd({ connection, startedAfter }: Gateway, runId: string): Promise<RunOutcome> {
    if (startedAfter > this.#acceptedAt)
      return failed('transient', 'The gateway was started again while it worked, so that the work is lost.')
    const given = { signal: this.#signal }
    for (;;) {
      const seen = await connection.ask('agent.wait', { runId, timeoutMs: waitMs }, { ...given, result: Waited })
      // Only an end has a time; without one it was the question that took too long.
      if (seen.status === 'timeout' && !seen.endedAt) continue
      if (seen.status !== 'ok') return endFailure(seen.status, seen.error ?? '')
      const history = await connection.ask('chat.history', { sessionKey: this.#sessionKey, limit: 20 }, { ...given, result: History })
      const text = 'What this run used is not known: the connection was lost, and the gateway tells it once.\n'
      await this.#turn.emit({ type: 'log', stream: 'system', text })
      return this.#handIn(lastWords(history))
    }
  }

  #handIn(text: string): Promise<RunOutcome> {
    return handIn(this.#turn, text, this.#start.config.onResult)
  }

  async #tell({ stream, data }: AgentEvent): Promise<void> {
    const { emit } = this.#turn
    const { delta } = data
    if (stream === 'assistant' && typeof delta === 'string' && delta !== '') await emit({ type: 'log', stream: 'stdout', text: delta })
    const tool = stream === 'tool' ? Tool.safeParse(data).data : undefined
    if (tool?.phase === 'start' && this.#tools.size < mostTools) this.#tools.set(tool.toolCallId, tool.args)
    if (tool?.phase !== 'result') return
    const { toolCallId, name, isError, result } = tool
    const input = this.#tools.get(toolCallId)
    this.#tools.delete(toolCallId)
    await emit({ type: 'tool_call', name, ...(input !== undefined && { input }), output: result, isError })
  }
}

const Tool = z.looseObject({
  phase: z.string(),
  toolCallId: z.string().default(''),
  name: z.string().min(1),
  args: z.json().default(null),
  result: z.json().default(null),
  isError: z.boolean().default(false),
})

/** A conversation of its own, which the next run of the same agent and task goes on with. */
function newSessionKey({ config, runId }: AdapterStartOptions<OpenClawConfig>): string {
  const name = `engine:${runId}`
  // A gateway that is told an agent wants the conversations of that one to be called so.
  return config.agentId === undefined ? name : `agent:${config.agentId}:${name}`
}
