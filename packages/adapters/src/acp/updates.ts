import { toMicros, type Fact } from '../cli/facts.ts'
import { SessionUpdate } from './messages.ts'

/** What a notification says. Those that say nothing about the work are known and left out. Pure. */
export function factsOf(params: unknown): Fact[] {
  const parsed = SessionUpdate.safeParse(params)
  return parsed.success ? factsOfUpdate(parsed.data.update) : []
}

function factsOfUpdate(update: SessionUpdate): Fact[] {
  switch (update.sessionUpdate) {
    case 'agent_message_chunk':
      return update.content.text ? [{ type: 'text', text: update.content.text, continues: true }] : []
    case 'tool_call': {
      const { toolCallId: id, title: name, rawInput: input } = update
      return [{ type: 'tool_started', id, name, input }, ...endOf(update)]
    }
    case 'tool_call_update':
      return endOf(update)
    case 'usage_update': {
      const { cost } = update
      if (cost?.currency !== 'USD') return []
      const counters = { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0, costMicros: toMicros(cost.amount) }
      return [{ type: 'totals', totals: { '': counters } }]
    }
  }
}

function endOf({ toolCallId: id, status, rawOutput: output }: Extract<SessionUpdate, { toolCallId: string }>): Fact[] {
  if (status !== 'completed' && status !== 'failed') return []
  return [{ type: 'tool_ended', id, output, isError: status === 'failed' }]
}
