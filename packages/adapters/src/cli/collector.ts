import type { AdapterEvent, JsonObject, JsonValue, RunUsage } from '@engine/core/plugin'

import type { Fact } from './facts.ts'
import { usageOfTotals } from './totals.ts'

type ToolStart = Extract<Fact, { type: 'tool_started' }> & { readonly startedAt: number }
export type Ending = Extract<Fact, { type: 'result' | 'failure' }>

/** How much of a tool's output an event carries; the rest is for the agent alone. */
const maxToolText = 20_000

/** Puts together what the facts of one run say: the events to record now, and what is known at its end. */
export class Collector {
  readonly #now: () => number
  readonly #beginsAnew: boolean
  readonly #tools = new Map<string, ToolStart>()
  readonly #provisional = new Map<string, RunUsage>()
  #sessionId: string | null = null
  #said = ''
  #isInsideText = false
  #hasTotals = false
  #billing: Pick<RunUsage, 'billingType'> = {}
  #ending: Ending | null = null
  #waitUntilMs: number | null = null

  /**
   * @param now in milliseconds, for how long a tool took
   * @param beginsAnew whether the conversation is another than the one that Engine goes on with
   */
  constructor(now: () => number, beginsAnew = false) {
    this.#now = now
    this.#beginsAnew = beginsAnew
  }

  get sessionId(): string | null {
    return this.#sessionId
  }

  /** The last of result and failure; null while neither came. */
  get ending(): Ending | null {
    return this.#ending
  }

  /** Until when a limit of the provider lasts, in milliseconds since 1970. */
  get waitUntilMs(): number | null {
    return this.#waitUntilMs
  }

  /** What the agent handed in: the text of the result, or what it said last. */
  get resultText(): string {
    const text = this.#ending?.type === 'result' ? this.#ending.text : undefined
    return (text ?? this.#said).trim()
  }

  /** What model calls used whose totals never came. */
  get #uncounted(): RunUsage[] {
    return this.#hasTotals ? [] : [...this.#provisional.values()]
  }

  take(fact: Fact): AdapterEvent[] {
    switch (fact.type) {
      case 'session':
        this.#sessionId = fact.id
        return []
      case 'text':
        return this.#takeText(fact)
      case 'step':
        this.#said = ''
        return this.#endText()
      case 'tool_started':
        this.#said = ''
        // Some programs tell a beginning again with the end; the first one is when it began.
        this.#tools.set(fact.id, { ...fact, startedAt: this.#tools.get(fact.id)?.startedAt ?? this.#now() })
        return this.#endText()
      case 'tool_ended':
        return [...this.#endText(), this.#endTool(fact)]
      case 'usage':
        return [this.#usage(fact.usage)]
      case 'billing':
        this.#billing = { billingType: fact.billingType }
        return []
      case 'provisional_usage':
        this.#provisional.set(fact.call, fact.usage)
        return []
      case 'totals':
        this.#hasTotals = true
        return usageOfTotals({ ...fact, beginsAnew: this.#beginsAnew }).map((usage) => this.#usage(usage))
      case 'result':
        this.#ending = fact
        return this.#endText()
      case 'failure':
        if (fact.class !== 'unknown' || this.#ending?.type !== 'failure') this.#ending = fact
        return this.#endText()
      case 'wait':
        this.#waitUntilMs = fact.untilMs
        return []
      case 'notice':
        return [...this.#endText(), { type: 'log', stream: 'system', text: withLineEnd(fact.text) }]
    }
  }

  /** What is left to record when the program has ended. */
  end(): AdapterEvent[] {
    const unfinished = [...this.#tools.values()].map(({ name, input }) => toolCall(name, { input }))
    this.#tools.clear()
    return [...this.#endText(), ...unfinished, ...this.#uncounted.map((usage) => this.#usage(usage))]
  }

  #usage(usage: RunUsage): AdapterEvent {
    return { type: 'usage', usage: { ...usage, ...this.#billing } }
  }

  #takeText({ text, continues }: Extract<Fact, { type: 'text' }>): AdapterEvent[] {
    this.#said = continues ? this.#said + text : text
    const before = continues ? [] : this.#endText()
    this.#isInsideText = continues && !text.endsWith('\n')
    return [...before, { type: 'log', stream: 'stdout', text: continues ? text : withLineEnd(text) }]
  }

  #endText(): AdapterEvent[] {
    if (!this.#isInsideText) return []
    this.#isInsideText = false
    return [{ type: 'log', stream: 'stdout', text: '\n' }]
  }

  #endTool(fact: Extract<Fact, { type: 'tool_ended' }>): AdapterEvent {
    const start = this.#tools.get(fact.id)
    this.#tools.delete(fact.id)
    const durationMs = fact.durationMs ?? (start && Math.max(0, Math.round(this.#now() - start.startedAt)))
    return toolCall(start?.name ?? fact.id, { input: start?.input, output: fact.output, isError: fact.isError, durationMs })
  }
}

interface ToolDetails {
  readonly input: JsonValue | undefined
  readonly output?: JsonValue | undefined
  readonly isError?: boolean
  readonly durationMs?: number | undefined
}

function toolCall(name: string, { input, output, isError, durationMs }: ToolDetails): AdapterEvent {
  return {
    type: 'tool_call',
    name,
    ...(input !== undefined && { input: bounded(input) }),
    ...(output !== undefined && { output: bounded(output) }),
    ...(isError !== undefined && { isError }),
    ...(durationMs !== undefined && { durationMs }),
  }
}

function bounded(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.length > maxToolText ? `${value.slice(0, maxToolText).toWellFormed()}…` : value
  const text = JSON.stringify(value)
  return text.length > maxToolText ? ({ cut: text.slice(0, maxToolText).toWellFormed() } satisfies JsonObject) : value
}

function withLineEnd(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}
