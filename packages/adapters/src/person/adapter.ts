import {
  ADAPTER_SPEC,
  type AdapterStartOptions,
  type AdapterTurn,
  type AgentAdapter,
  type RunContext,
  type RunOutcome,
} from '@engine/core/plugin'
import { z } from 'zod'

import { stopped } from '../failures.ts'
import type { PersonConfig as Config } from './config.ts'
import { PersonConfig } from './config.ts'
import { renderRequest } from './request.ts'

/** What a run that asked leaves for itself. */
const Asked = z.object({ runId: z.string(), prompt: z.string() })
type Asked = z.infer<typeof Asked>

const Answer = z.object({ choice: z.string().optional(), text: z.string().optional() })

/**
 * Hands the task to a person and waits, without a process, until they say that it is done or that they can not. The question is in the
 * inbox of whoever may answer it; see docs/interactions.md.
 */
export function personAdapter(): AgentAdapter<Config> {
  return {
    spec: ADAPTER_SPEC,
    type: 'person',
    title: 'A person who is asked to do the work',
    configSchema: PersonConfig,
    metering: 'none',
    overshoot: '0: it calls no model.',
    start: async (start) => ({ run: (turn) => askOrEnd(start, turn) }),
    test: async ({ config }) => ({
      checks: [{ name: 'answerer', status: 'passed', message: `The work is offered to ${describe(config)}; nobody was asked.` }],
    }),
  }
}

function describe({ answerer }: Config): string {
  if (answerer === 'anyone') return 'anyone who reviews'
  return answerer === 'operator' || answerer === 'admin' ? `${answerer}s` : `the user ${answerer}`
}

async function askOrEnd({ config }: AdapterStartOptions<Config>, turn: AdapterTurn): Promise<RunOutcome> {
  const { context, signal } = turn
  if (signal.aborted) return stopped(signal.reason)
  const asked = Asked.safeParse(turn.session)
  const answered = asked.success ? answerTo(context, asked.data) : undefined
  if (answered) return endBy(answered, config, turn)
  const prompt = renderRequest(context)
  await turn.emit({ type: 'session', state: { runId: context.run.id, prompt } satisfies Asked })
  const choices = [
    { key: 'done', label: 'It is done' },
    { key: 'blocked', label: 'It can not be done now' },
  ]
  const { answerer, expiresInSec } = config
  const interaction = { ask: { kind: 'question' as const, prompt, choices }, answerer, ...(expiresInSec !== undefined && { expiresInSec }) }
  return { kind: 'waiting', interaction }
}

type Interaction = RunContext['interactions'][number]

/** What became of the question of this run. One that an earlier run asked says nothing about the work that is to be done now. */
function answerTo(context: RunContext, { runId, prompt }: Asked): Interaction | undefined {
  if (runId !== context.run.id) return undefined
  return context.interactions.findLast((each) => each.prompt === prompt && each.status !== 'pending')
}

async function endBy({ status, answer, answeredBy }: Interaction, { onDone }: Config, turn: AdapterTurn): Promise<RunOutcome> {
  await turn.emit({ type: 'session', state: null })
  if (status !== 'answered') return { kind: 'blocked', reason: `The question to do it is ${status}, and nobody said that it is done.` }
  const { choice, text = '' } = Answer.parse(answer ?? {})
  if (choice === 'blocked') {
    const reason = text.slice(0, 2_000).toWellFormed() || 'The person who was asked can not do it now.'
    return { kind: 'blocked', reason, ...(answeredBy !== null && { owner: answeredBy }) }
  }
  if (text === '') return { kind: 'done' }
  if (onDone === 'done') return { kind: 'done', summary: text.slice(0, 10_000).toWellFormed() }
  await turn.emit({ type: 'deliverable', title: turn.context.task.title, content: text, contentType: 'text/markdown' })
  return { kind: 'needs_review' }
}
