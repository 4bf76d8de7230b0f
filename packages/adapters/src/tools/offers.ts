import type { AgentTool, JsonObject } from '@engine/core/plugin'

/** What a model may be given to call. */
export interface ToolOffer {
  readonly name: string
  readonly description: string
  readonly inputSchema: JsonObject
}

export function offersOf(tools: readonly AgentTool[]): ToolOffer[] {
  return tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
}
