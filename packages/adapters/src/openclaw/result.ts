import type { AdapterEvent, RunOutcome } from '@engine/core/plugin'

import { failed } from '../failures.ts'
import type { Asked, History, Meta } from './messages.ts'

/** The words that an agent ended with; what is told as an error is none of them. Pure. */
export function textOf({ result }: Asked): string {
  return (result?.payloads ?? [])
    .filter(({ text, isError }) => text && isError !== true)
    .map(({ text }) => text)
    .join('\n\n')
}

/** The last words of the agent in a conversation. Pure. */
export function lastWords({ messages }: History): string {
  const content = messages.findLast(({ role }) => role === 'assistant')?.content ?? ''
  if (typeof content === 'string') return content
  return content.map(({ type, text }) => (type === 'text' ? (text ?? '') : '')).join('')
}

/** What a run used, all of its model calls together. Pure. */
export function usageOf({ agentMeta }: Meta): AdapterEvent[] {
  if (!agentMeta?.usage) return []
  const { provider, model, usage } = agentMeta
  const { input = 0, output = 0, cacheRead = 0, cacheWrite = 0 } = usage
  const counted = {
    inputTokens: input + cacheRead + cacheWrite,
    outputTokens: output,
    cachedInputTokens: cacheRead,
    cacheWriteTokens: cacheWrite,
  }
  return [{ type: 'usage', usage: { provider, model, ...counted } }]
}

/** Why the work of a gateway that has ended is no result; null when it is one. Pure. */
export function failureOf({ status, summary = '', result }: Asked): RunOutcome | null {
  const { aborted, error } = result?.meta ?? {}
  if (error) return failed('bad_request', `The agent ended with ${error.kind}: ${error.message.slice(0, 1_500)}`)
  if (aborted) return failed('transient', 'The gateway stopped the work by itself.')
  return status === 'ok' ? null : endFailure(status, summary)
}

/** @param status what `agent.wait` and the end of `agent` call it. Pure. */
export function endFailure(status: string, why: string): RunOutcome {
  const words = why === '' ? '' : `: ${why.slice(0, 1_500)}`
  if (status === 'timeout') return failed('timeout', `The gateway ended the work at its own time limit${words}`)
  return failed('unknown', `The work ended as ${status}${words}`)
}
