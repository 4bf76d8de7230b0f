import type { FailureClass, JsonObject, JsonValue } from '@engine/core/plugin'

import type { Dialogue, Turn } from '../cli/dialogue.ts'
import type { Fact } from '../cli/facts.ts'
import { serverName, type ToolAddress } from '../tool-server/server.ts'
import type { AcpConfig } from './config.ts'
import { Initialized, Message, Opened, PermissionRequest, Prompted } from './messages.ts'
import { factsOf } from './updates.ts'

const protocolVersion = 1

/** What JSON-RPC and this protocol call their errors. */
const classByCode: Readonly<Record<number, FailureClass>> = {
  [-32_000]: 'auth',
  [-32_600]: 'bad_request',
  [-32_601]: 'config',
  [-32_602]: 'bad_request',
}

const failureByStop: Readonly<Record<string, readonly [FailureClass, string]>> = {
  max_tokens: ['bad_request', 'The model reached the limit of its tokens.'],
  max_turn_requests: ['config', 'The program reached its limit of model calls.'],
  refusal: ['refused', 'The agent refused to do this task.'],
  cancelled: ['transient', 'The program cancelled its work by itself.'],
}

interface Setting {
  readonly method: string
  readonly params: JsonObject
}

type Step = 'initialize' | 'continue' | 'open' | 'configure' | 'prompt'

interface Run {
  readonly sessionId: string | null
  readonly cwd: string
  /** Where Engine's tools are; null where they are switched off. */
  readonly tools: ToolAddress | null
}

/** The client's side of one prompt: greet, open or continue a session, set it up, ask, and hear what is done until the answer. */
export class AcpDialogue implements Dialogue {
  readonly #config: Pick<AcpConfig, 'model' | 'mode' | 'options' | 'permissions'>
  readonly #run: Run
  #prompt = ''
  #step: Step = 'initialize'
  #lastId = 0
  #sessionId: string
  #settings: Setting[] = []
  #servers: JsonObject[] = []

  constructor(config: Pick<AcpConfig, 'model' | 'mode' | 'options' | 'permissions'>, run: Run) {
    this.#config = config
    this.#run = run
    this.#sessionId = run.sessionId ?? ''
  }

  begin(prompt: string): JsonObject[] {
    this.#prompt = prompt
    // Files and commands are the program's own matter; it gets none of ours.
    const clientCapabilities = { fs: { readTextFile: false, writeTextFile: false }, terminal: false }
    return [this.#request('initialize', { protocolVersion, clientCapabilities, clientInfo: { name: 'engine', version: '1' } })]
  }

  take(line: JsonObject): Turn {
    const parsed = Message.safeParse(line)
    if (!parsed.success) return goesOn(null)
    const message = parsed.data
    if (message.method !== undefined) return message.id === undefined ? this.#hear(message) : this.#answer(message)
    if (message.id !== this.#lastId) return goesOn([])
    return message.error ? this.#takeError(message.error) : this.#takeResult(message.result)
  }

  /** What is told while an earlier conversation is being loaded is the past. */
  #hear({ method, params }: Message): Turn {
    return goesOn(method === 'session/update' && this.#step === 'prompt' ? factsOf(params) : [])
  }

  #answer({ id = null, method = '', params }: Message): Turn {
    const asked = method === 'session/request_permission' ? PermissionRequest.safeParse(params) : null
    if (!asked?.success)
      return { ...goesOn([]), send: [{ jsonrpc: '2.0', id, error: { code: -32_601, message: `There is no ${method} here.` } }] }
    const { permissions } = this.#config
    // Once is enough: the next run is another one.
    const option = ['once', 'always']
      .map((how) => asked.data.options.find(({ kind }) => kind === `${permissions}_${how}`))
      .find((found) => found)
    const outcome = option ? { outcome: 'selected', optionId: option.optionId } : { outcome: 'cancelled' }
    const told = `asked for permission (${asked.data.toolCall.title ?? 'of no name'}): ${permissions === 'allow' && option ? 'allowed' : 'refused'}`
    return { facts: [{ type: 'notice', text: told }], send: [{ jsonrpc: '2.0', id, result: { outcome } }], isOver: false }
  }

  #takeResult(result: unknown): Turn {
    switch (this.#step) {
      case 'initialize':
        return this.#takeGreeting(result)
      case 'open': {
        const opened = Opened.safeParse(result)
        if (!opened.success) return this.#end('bad_request', 'The program opened a session without an id.')
        this.#sessionId = opened.data.sessionId
        return this.#prepare()
      }
      case 'continue':
        return this.#prepare()
      case 'configure':
        return this.#nextSetting([])
      case 'prompt':
        return this.#takeEnd(result)
    }
  }

  #takeGreeting(result: unknown): Turn {
    const greeting = Initialized.safeParse(result)
    if (!greeting.success || greeting.data.protocolVersion !== protocolVersion)
      return this.#end('config', `The program does not speak version ${protocolVersion} of the Agent Client Protocol.`)
    const { agentCapabilities: can } = greeting.data
    // Over a server of its own or none: what a program starts as its server would be one more program of ours.
    this.#servers = can?.mcpCapabilities?.http ? serversOf(this.#run.tools) : []
    if (this.#run.sessionId === null) return this.#open([])
    const how = can?.sessionCapabilities?.resume ? 'session/resume' : can?.loadSession ? 'session/load' : null
    if (how === null) return this.#open([])
    return this.#ask('continue', how, { sessionId: this.#sessionId, cwd: this.#run.cwd, mcpServers: this.#servers })
  }

  #takeError({ code, message }: NonNullable<Message['error']>): Turn {
    if (this.#step === 'continue')
      return this.#open([{ type: 'notice', text: `The program has no conversation ${this.#sessionId} any more; a new one is begun.` }])
    return this.#end(classByCode[code] ?? 'unknown', `The program answered with the error ${code}: ${message}`)
  }

  #open(facts: readonly Fact[]): Turn {
    return { ...this.#ask('open', 'session/new', { cwd: this.#run.cwd, mcpServers: this.#servers }), facts }
  }

  #prepare(): Turn {
    const { model, mode, options } = this.#config
    const sessionId = this.#sessionId
    const values: Record<string, string | boolean> = { ...options, ...(model !== undefined && { model }) }
    this.#settings = [
      ...(mode === undefined ? [] : [{ method: 'session/set_mode', params: { sessionId, modeId: mode } }]),
      ...Object.entries(values).map(([configId, value]) => ({
        method: 'session/set_config_option',
        params: { sessionId, configId, value, ...(typeof value === 'boolean' && { type: 'boolean' }) },
      })),
    ]
    return this.#nextSetting([{ type: 'session', id: sessionId }])
  }

  #nextSetting(facts: readonly Fact[]): Turn {
    const setting = this.#settings.shift()
    if (setting) return { ...this.#ask('configure', setting.method, setting.params), facts }
    const prompt = [{ type: 'text', text: this.#prompt }]
    return { ...this.#ask('prompt', 'session/prompt', { sessionId: this.#sessionId, prompt }), facts }
  }

  #takeEnd(result: unknown): Turn {
    const prompted = Prompted.safeParse(result)
    const stopReason = prompted.success ? prompted.data.stopReason : 'none'
    if (stopReason === 'end_turn') return { facts: [{ type: 'result' }], send: [], isOver: true }
    const known = failureByStop[stopReason]
    return known
      ? this.#end(...known)
      : this.#end('unknown', `The program stopped for a reason that is not known: ${stopReason.slice(0, 100)}.`)
  }

  #end(failureClass: FailureClass, message: string): Turn {
    return { facts: [{ type: 'failure', class: failureClass, message }], send: [], isOver: true }
  }

  #ask(step: Step, method: string, params: JsonValue): Turn {
    this.#step = step
    return { facts: [], send: [this.#request(method, params)], isOver: false }
  }

  #request(method: string, params: JsonValue): JsonObject {
    this.#lastId += 1
    return { jsonrpc: '2.0', id: this.#lastId, method, params }
  }
}

function serversOf(tools: ToolAddress | null): JsonObject[] {
  if (!tools) return []
  const headers = [{ name: 'Authorization', value: `Bearer ${tools.token}` }]
  return [{ type: 'http', name: serverName, url: tools.url, headers }]
}

function goesOn(facts: readonly Fact[] | null): Turn {
  return { facts, send: [], isOver: false }
}
