import type { AgentTool, JsonObject, RunOutcome } from '@engine/core/plugin'

import { failed, messageOf, Refusal } from '../failures.ts'
import { mistake, noSuchTool, toldAnswer, type Told } from '../tools/answers.ts'
import { endBy } from '../tools/endings.ts'
import type { ToolCall, ToolResult } from './conversation.ts'
import type { Recorder } from './recorder.ts'

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

type Used = { readonly outcome: RunOutcome } | Told

async function useTool({ name, input }: ToolCall, tools: readonly AgentTool[], recorder: Recorder): Promise<Used> {
  if (input === null) return mistake('The input of a tool is one JSON object; this was none.')
  const ended = await endBy({ name, input }, (event) => recorder.event(event))
  if (typeof ended === 'string') return mistake(ended)
  if (ended !== null) return { outcome: ended }
  const tool = tools.find((each) => each.name === name)
  return tool ? callTool(tool, input, recorder) : noSuchTool(name)
}

async function callTool(tool: AgentTool, input: JsonObject, recorder: Recorder): Promise<Used> {
  const startedAt = performance.now()
  const answer = await tool.call(input).catch((error: unknown) => {
    // Engine lets the run do nothing any more.
    throw new Refusal(failed('transient', `The tool ${tool.name} can not be used any more: ${messageOf(error)}`), error)
  })
  const durationMs = Math.round(performance.now() - startedAt)
  const shown = answer.isError ? { output: { code: answer.code, message: answer.message } } : {}
  await recorder.event({ type: 'tool_call', name: tool.name, input, isError: answer.isError, durationMs, ...shown })
  return toldAnswer(answer)
}
