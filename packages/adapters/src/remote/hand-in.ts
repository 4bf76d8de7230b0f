import type { AdapterTurn, RunOutcome } from '@engine/core/plugin'

import { failed } from '../failures.ts'

/** Makes of the words that an agent elsewhere ended with what the configuration says: a deliverable that waits, or a summary. */
export async function handIn({ context, emit }: AdapterTurn, text: string, onResult: 'deliverable' | 'done'): Promise<RunOutcome> {
  if (onResult === 'done') return { kind: 'done', ...(text !== '' && { summary: text.slice(0, 10_000).toWellFormed() }) }
  if (text.trim() === '') return failed('bad_request', 'The work was completed without a result in words, so there is nothing to hand in.')
  await emit({ type: 'deliverable', title: context.task.title, content: text, contentType: 'text/markdown' })
  return { kind: 'needs_review' }
}
