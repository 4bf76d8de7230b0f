import { EngineError } from '../../kernel/errors.ts'
import type { JsonObject, JsonValue } from '../../kernel/json.ts'
import { pluginErrors } from '../../plugins/errors.ts'
import type { PluginWorkContext } from '../types.ts'
import { startProcess, type PluginProcess, type ProcessLimits } from './process.ts'
import { longestMessage, type CallKind, type Failure, type FromPlugin } from './protocol.ts'

export interface IsolateLimits extends ProcessLimits {
  /** How long one call may take, milliseconds. */
  readonly callMs: number
  /** How many calls may be under way at once. */
  readonly calls: number
  /** How many questions to Engine may be open at once. */
  readonly questions: number
  /** After how many crashes in `crashMs` it is not started again until an admin enables it. */
  readonly crashes: number
  readonly crashMs: number
  /** The pause before it is started again, milliseconds; it doubles with each crash. */
  readonly restartMs: number
}

export interface IsolateOptions {
  readonly id: string
  readonly root: string
  readonly entry: string
  readonly limits: IsolateLimits
  /** Answers what the plugin asks while it works in a company. @throws what it is told */
  answer(context: PluginWorkContext, what: string, given: JsonObject): Promise<JsonValue>
  /** Told when it crashed too often. */
  onQuarantine(reason: string): void
}

interface Call {
  readonly context: PluginWorkContext
  readonly outcome: ReturnType<typeof Promise.withResolvers<JsonValue>>
}

export interface Isolate {
  /** Asks the process to do something in a company, starting it when it is not there. @throws `plugin_failed` */
  call(context: PluginWorkContext, asked: { kind: CallKind; name: string; input: JsonValue }): Promise<JsonValue>
  stop(): Promise<void>
}

/** Runs the process of one plugin: started when it is needed, ended when it breaks a limit, and again after a pause. */
export function createIsolate(options: IsolateOptions): Isolate {
  const { id, limits } = options
  const calls = new Map<number, Call>()
  let running: PluginProcess | null = null
  let crashes: number[] = []
  let questions = 0
  let numbered = 0
  let printed = 0
  let isStopped = false

  const failed = (why: string, code: 'plugin_failed' | 'plugin_unavailable' = 'plugin_failed') =>
    new EngineError(pluginErrors[code], `The plugin ${id} did not do it: ${why}.`, { details: { plugin: id } })

  function onEnd(reason: string): void {
    running = null
    for (const { outcome } of calls.values()) outcome.reject(failed(reason))
    calls.clear()
    questions = 0
    if (isStopped) return
    const now = performance.now()
    crashes = [...crashes.filter((at) => now - at < limits.crashMs), now]
    if (crashes.length < limits.crashes) return
    options.onQuarantine(`${crashes.length} crashes, the last one because ${reason}`)
    // Whoever enables it lets it begin anew.
    crashes = []
  }

  function onMessage(message: FromPlugin): void {
    if ('ask' in message) return void question(message)
    if (!('call' in message)) return
    const call = calls.get(message.call)
    calls.delete(message.call)
    if ('error' in message) call?.outcome.reject(failed(message.error))
    else call?.outcome.resolve(message.value)
  }

  async function question({ ask, during, what, with: given }: Extract<FromPlugin, { ask: number }>): Promise<void> {
    const process = running
    const call = calls.get(during)
    questions += 1
    if (questions > limits.questions) return process?.kill('it asked too much at once')
    const said = await answerTo(call, what, given)
    questions = Math.max(0, questions - 1)
    process?.send({ answer: ask, ...said })
  }

  async function answerTo(call: Call | undefined, what: string, given: JsonObject): Promise<{ value: JsonValue } | { error: Failure }> {
    try {
      if (!call)
        throw new EngineError(pluginErrors.capability_denied, 'This call is over; a plugin works only for as long as it is asked to.')
      const value = await options.answer(call.context, what, given)
      if (JSON.stringify(value).length < longestMessage) return { value }
      return { error: { code: 'payload_too_large', message: 'The answer is too long; ask for less.' } }
    } catch (error) {
      const code = EngineError.isInstance(error) ? error.code : 'internal'
      return { error: { code, message: (error instanceof Error ? error.message : String(error)).slice(0, 2_000) } }
    }
  }

  /** The first lines of what it prints are in the log of the company that it works for. */
  function onPrint(text: string): void {
    const [call] = calls.values()
    if (call && (printed += 1) <= 100) call.context.log.debug('It printed something.', { text: text.slice(0, 1_000) })
  }

  function start(): PluginProcess {
    printed = 0
    running ??= startProcess({ root: options.root, entry: options.entry, limits, onMessage, onPrint, onEnd })
    return running
  }

  async function untilRestart(): Promise<void> {
    const last = crashes.at(-1)
    if (running || last === undefined) return
    const pause = limits.restartMs * 2 ** (crashes.length - 1) - (performance.now() - last)
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
  }

  return {
    async call(context, { kind, name, input }) {
      if (isStopped) throw failed('the engine stops', 'plugin_unavailable')
      if (calls.size >= limits.calls) throw failed(`it has ${limits.calls} calls to do already`, 'plugin_unavailable')
      await untilRestart()
      const child = start()
      const number = (numbered += 1)
      const outcome = Promise.withResolvers<JsonValue>()
      calls.set(number, { context, outcome })
      const late = setTimeout(() => {
        calls.delete(number)
        outcome.reject(failed(`it took longer than ${limits.callMs} ms`))
      }, limits.callMs)
      const { companyId, config, now } = context
      if (!child.send({ call: number, kind, name, place: { companyId, config, now }, input })) outcome.reject(failed('it reads nothing'))
      try {
        return await outcome.promise
      } finally {
        clearTimeout(late)
        calls.delete(number)
      }
    },
    async stop() {
      isStopped = true
      const child = running
      child?.kill('the engine stops')
      await child?.ended
    },
  }
}
