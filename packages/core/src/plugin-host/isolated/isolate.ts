import { EngineError } from '../../kernel/errors.ts'
import { messageOf } from '../../kernel/failure.ts'
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

interface Asked {
  readonly kind: CallKind
  readonly name: string
  readonly input: JsonValue
}

interface Call {
  readonly context: PluginWorkContext
  readonly outcome: ReturnType<typeof Promise.withResolvers<JsonValue>>
}

/** What is known of one plugin's process, whether there is one at the moment or not. */
interface Isolated extends IsolateOptions {
  readonly calls: Map<number, Call>
  running: PluginProcess | null
  /** When it crashed, by the monotonic clock, milliseconds. */
  crashedAt: number[]
  openQuestions: number
  /** The number of the newest call. */
  newest: number
  printed: number
  isStopped: boolean
}

export interface Isolate {
  /** Asks the process to do something in a company, starting it when it is not there. @throws `plugin_failed` */
  call(context: PluginWorkContext, asked: Asked): Promise<JsonValue>
  stop(): Promise<void>
}

/** Runs the process of one plugin: started when it is needed, ended when it breaks a limit, and again after a pause. */
export function createIsolate(options: IsolateOptions): Isolate {
  const nothing = { running: null, crashedAt: [], openQuestions: 0, newest: 0, printed: 0, isStopped: false }
  const isolated: Isolated = { ...options, calls: new Map(), ...nothing }
  return {
    call: (context, asked) => call(isolated, context, asked),
    async stop() {
      isolated.isStopped = true
      const child = isolated.running
      child?.kill('the engine stops')
      await child?.ended
    },
  }
}

async function call(isolated: Isolated, context: PluginWorkContext, asked: Asked): Promise<JsonValue> {
  const { calls, limits } = isolated
  if (calls.size >= limits.calls) throw failed(isolated, `it has ${limits.calls} calls to do already`)
  await untilRestart(isolated)
  if (isolated.isStopped) throw failed(isolated, 'the engine stops')
  const child = running(isolated)
  const number = (isolated.newest += 1)
  const outcome = Promise.withResolvers<JsonValue>()
  calls.set(number, { context, outcome })
  const late = setTimeout(() => outcome.reject(failed(isolated, `it took longer than ${limits.callMs} ms`)), limits.callMs)
  const { companyId, config, now } = context
  if (!child.send({ call: number, place: { companyId, config, now }, ...asked })) outcome.reject(failed(isolated, 'it reads nothing'))
  try {
    return await outcome.promise
  } finally {
    clearTimeout(late)
    calls.delete(number)
  }
}

function failed({ id }: Isolated, why: string): EngineError {
  return new EngineError(pluginErrors.plugin_failed, `The plugin ${id} did not do it: ${why}.`, { details: { plugin: id } })
}

/** Waits out the pause after the last crash. */
async function untilRestart({ running: child, crashedAt, limits }: Isolated): Promise<void> {
  const last = crashedAt.at(-1)
  if (child || last === undefined) return
  const pause = limits.restartMs * 2 ** (crashedAt.length - 1) - (performance.now() - last)
  if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause))
}

function running(isolated: Isolated): PluginProcess {
  const { root, entry, limits } = isolated
  if (isolated.running) return isolated.running
  isolated.printed = 0
  isolated.running = startProcess({
    root,
    entry,
    limits,
    onMessage: (message) => hear(isolated, message),
    onPrint: (text) => print(isolated, text),
    onEnd: (reason) => end(isolated, reason),
  })
  return isolated.running
}

function end(isolated: Isolated, reason: string): void {
  const { calls, limits } = isolated
  isolated.running = null
  isolated.openQuestions = 0
  for (const { outcome } of calls.values()) outcome.reject(failed(isolated, reason))
  calls.clear()
  if (isolated.isStopped) return
  const now = performance.now()
  isolated.crashedAt = [...isolated.crashedAt.filter((at) => now - at < limits.crashMs), now]
  if (isolated.crashedAt.length < limits.crashes) return
  isolated.onQuarantine(`${limits.crashes} crashes, the last one because ${reason}`)
  // Whoever enables it lets it begin anew.
  isolated.crashedAt = []
}

function hear(isolated: Isolated, message: FromPlugin): void {
  if ('ask' in message) return void question(isolated, message)
  if (!('call' in message)) return
  const { outcome } = isolated.calls.get(message.call) ?? {}
  if ('error' in message) outcome?.reject(failed(isolated, message.error))
  else outcome?.resolve(message.value)
}

async function question(isolated: Isolated, { ask, during, what, with: given }: Extract<FromPlugin, { ask: number }>): Promise<void> {
  const child = isolated.running
  isolated.openQuestions += 1
  if (isolated.openQuestions > isolated.limits.questions) return child?.kill('it asked too much at once')
  const said = await answerTo(isolated, isolated.calls.get(during), { what, given })
  isolated.openQuestions = Math.max(0, isolated.openQuestions - 1)
  child?.send({ answer: ask, ...said })
}

async function answerTo(
  isolated: Isolated,
  asking: Call | undefined,
  { what, given }: { what: string; given: JsonObject },
): Promise<{ value: JsonValue } | { error: Failure }> {
  try {
    if (!asking)
      throw new EngineError(pluginErrors.capability_denied, 'This call is over; a plugin works only for as long as it is asked to.')
    const value = await isolated.answer(asking.context, what, given)
    if (JSON.stringify(value).length < longestMessage) return { value }
    return { error: { code: 'payload_too_large', message: 'The answer is too long; ask for less.' } }
  } catch (error) {
    const code = EngineError.isInstance(error) ? error.code : 'internal'
    return { error: { code, message: messageOf(error).slice(0, 2_000) } }
  }
}

/** How many pieces of what one process prints are kept, and how long each is. */
const mostPrinted = 100
const longestPrinted = 1_000

/** What it prints first is in the log of the company that it works for. */
function print(isolated: Isolated, text: string): void {
  const [oldest] = isolated.calls.values()
  if (oldest && (isolated.printed += 1) <= mostPrinted)
    oldest.context.log.debug('It printed something.', { text: text.slice(0, longestPrinted) })
}
