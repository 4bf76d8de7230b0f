import type { AdapterTurn, AgentTool, JsonObject, RunOutcome } from '@engine/core/plugin'

import type { ToolCall, ToolOffer, ToolResult } from './conversation.ts'
import { endBy, endingOffers } from './endings.ts'
import { describeError, failed } from './failures.ts'
import type { Recorder } from './recorder.ts'

/** What a tool answers beyond this is cut: it would fill the model's context. */
const longestResult = 100_000

/** Thrown when Engine lets the run do nothing any more. */
export class ToolRefused extends Error {
  readonly outcome: ReturnType<typeof failed>

  constructor(name: string, cause: unknown) {
    const outcome = failed('transient', `The tool ${name} can not be used any more: ${describeError(cause)}`)
    super(outcome.message, { cause })
    this.outcome = outcome
  }
}

/** The tools of Engine and those that end the run. */
export function offerTools({ tools }: Pick<AdapterTurn, 'tools'>): ToolOffer[] {
  const own = endingOffers()
  const others = tools.filter(({ name }) => !own.some((ending) => ending.name === name))
  return [...others.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })), ...own]
}

/** Calls tools in the order of the model, up to the one that ends the run. */
export async function useTools(
  calls: readonly ToolCall[],
  tools: readonly AgentTool[],
  recorder: Recorder,
): Promise<{ readonly outcome: RunOutcome } | { readonly results: ToolResult[] }> {
  const results: ToolResult[] = []
  for (const call of calls) {
    const used = await useTool(call, tools, recorder)
    if ('outcome' in used) return used
    results.push({ id: call.id, ...used })
  }
  return { results }
}

type Used = { readonly outcome: RunOutcome } | Omit<ToolResult, 'id'>

async function useTool({ name, input }: ToolCall, tools: readonly AgentTool[], recorder: Recorder): Promise<Used> {
  if (input === null) return mistake('The input of a tool is one JSON object; this was none.')
  const ended = await endBy({ name, input }, recorder)
  if (typeof ended === 'string') return mistake(ended)
  if (ended !== null) return { outcome: ended }
  const tool = tools.find((each) => each.name === name)
  return tool ? callTool(tool, input, recorder) : mistake(`There is no tool ${name.slice(0, 100)}.`)
}

async function callTool(tool: AgentTool, input: JsonObject, recorder: Recorder): Promise<Used> {
  const startedAt = performance.now()
  const answer = await tool.call(input).catch((error: unknown) => {
    throw new ToolRefused(tool.name, error)
  })
  const durationMs = Math.round(performance.now() - startedAt)
  const shown = answer.isError ? { output: { code: answer.code, message: answer.message } } : {}
  await recorder.event({ type: 'tool_call', name: tool.name, input, isError: answer.isError, durationMs, ...shown })
  if (answer.isError) return mistake(`${answer.code}: ${answer.message}`)
  return { isError: false, text: cut(JSON.stringify(answer.output)) }
}

function mistake(text: string): Used {
  return { isError: true, text: cut(text) }
}

function cut(text: string): string {
  if (text.length <= longestResult) return text
  return `${text.slice(0, longestResult).toWellFormed()}\n[${text.length - longestResult} more characters are left out]`
}
