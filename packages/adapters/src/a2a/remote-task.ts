import { setTimeout as sleep } from 'node:timers/promises'

import type { AdapterStartOptions, AdapterTurn, JsonObject, RunOutcome } from '@engine/core/plugin'
import { z } from 'zod'

import { renderPrompt } from '../models/prompt.ts'
import { failed, Refusal } from '../failures.ts'
import { handIn } from '../remote/hand-in.ts'
import type { A2aClient } from './client.ts'
import type { A2aConfig } from './config.ts'
import { Sent, Task, textOf } from './messages.ts'

const howToAnswer = 'Your result is read by people who have not seen your work: make it complete, in Markdown.'
/** How long a run that is stopped waits for the other side to be told. */
const cancelMs = 3_000
const longestPrompt = 10_000

const SessionState = z.object({
  contextId: z.string().min(1),
  /** The task over there that waits for an answer, and the run of ours that asked for it. */
  asked: z.object({ taskId: z.string(), runId: z.string(), prompt: z.string() }).nullable(),
})
/** A question that has no choices is answered in words. */
const Answer = z.object({ text: z.string().default('') })
type SessionState = z.infer<typeof SessionState>

/** One piece of work on the other side. */
export class RemoteTask {
  readonly #client: A2aClient
  readonly #start: AdapterStartOptions<A2aConfig>
  readonly #turn: AdapterTurn
  readonly #signal: AbortSignal
  #taskId: string | null = null
  #isOver = false
  #lastSaid = ''

  constructor(client: A2aClient, start: AdapterStartOptions<A2aConfig>, { turn, signal }: { turn: AdapterTurn; signal: AbortSignal }) {
    this.#client = client
    this.#start = start
    this.#turn = turn
    this.#signal = signal
  }

  async toItsEnd(): Promise<RunOutcome> {
    const { message, task } = await this.#call('SendMessage', this.#request(), Sent)
    if (message) return this.#handIn(textOf(message.parts))
    if (!task) throw new Refusal(failed('bad_request', 'SendMessage was answered with neither a task nor a message.'))
    this.#taskId = task.id
    await this.#remember(task, null)
    for (let seen = task; ; seen = await this.#call('GetTask', { id: task.id }, Task)) {
      const outcome = await this.#outcomeOf(seen)
      if (outcome) return outcome
      await sleep(this.#start.config.pollSec * 1_000, undefined, { signal: this.#signal })
    }
  }

  /** Tells the other side that nobody waits any more; it may not hear it. */
  async cancel(): Promise<void> {
    if (this.#taskId === null || this.#isOver) return
    const given = { result: z.unknown(), signal: AbortSignal.timeout(cancelMs) }
    await this.#client.call('CancelTask', { id: this.#taskId }, given).catch(() => undefined)
  }

  #request(): JsonObject {
    const { context } = this.#turn
    const parsed = SessionState.safeParse(this.#turn.session)
    const session = parsed.success ? parsed.data : null
    const answer = session && this.#answerTo(session)
    const { system, task } = renderPrompt(context, howToAnswer)
    const parts = [{ text: answer ? answer.text : `${system}\n\n${task}` }]
    return {
      message: {
        // The same request twice is one piece of work.
        messageId: `${context.run.id}-${context.run.fence}`,
        role: 'ROLE_USER',
        parts,
        ...(session && { contextId: session.contextId }),
        ...(answer && { taskId: answer.taskId }),
      },
      configuration: { returnImmediately: true, acceptedOutputModes: ['text/markdown', 'text/plain'] },
    }
  }

  /** What a person answered to the question of this run, for the task over there that waits for it. */
  #answerTo({ asked }: SessionState): { taskId: string; text: string } | null {
    const { context } = this.#turn
    if (asked?.runId !== context.run.id) return null
    const found = context.interactions.findLast(({ prompt, status }) => prompt === asked.prompt && status !== 'pending')
    if (!found) return null
    const text = found.status === 'answered' ? Answer.parse(found.answer).text : `Nobody answers: the question is ${found.status}.`
    return { taskId: asked.taskId, text }
  }

  /** Null while the work goes on. */
  async #outcomeOf(task: Task): Promise<RunOutcome | null> {
    const { state, message } = task.status
    const said = textOf(message?.parts ?? [])
    if (said !== '' && said !== this.#lastSaid) await this.#turn.emit({ type: 'log', stream: 'stdout', text: `${said}\n` })
    this.#lastSaid = said
    if (state === 'TASK_STATE_SUBMITTED' || state === 'TASK_STATE_WORKING') return null
    if (state === 'TASK_STATE_INPUT_REQUIRED') return this.#wait(task, said)
    // It waits there for what this run can not give; nobody is to work on it meanwhile.
    if (state === 'TASK_STATE_AUTH_REQUIRED') await this.cancel()
    this.#isOver = true
    return state === 'TASK_STATE_COMPLETED' ? this.#handIn(resultOf(task) || said) : endOf(state, said)
  }

  /** The work over there stays as it is until the answer. */
  async #wait(task: Task, said: string): Promise<RunOutcome> {
    const prompt = (said || 'The agent asks for something and does not say what.').slice(0, longestPrompt).toWellFormed().trim()
    this.#isOver = true
    await this.#remember(task, { taskId: task.id, runId: this.#turn.context.run.id, prompt })
    return { kind: 'waiting', interaction: { ask: { kind: 'question', prompt } } }
  }

  #handIn(text: string): Promise<RunOutcome> {
    this.#isOver = true
    return handIn(this.#turn, text, this.#start.config.onResult)
  }

  async #remember({ contextId }: Task, asked: SessionState['asked']): Promise<void> {
    if (contextId !== '') await this.#turn.emit({ type: 'session', state: { contextId, asked } satisfies SessionState })
  }

  #call<Result>(method: string, params: JsonObject, result: z.ZodType<Result>): Promise<Result> {
    return this.#client.call(method, params, { result, signal: this.#signal })
  }
}

function resultOf({ artifacts }: Task): string {
  return (artifacts ?? [])
    .map(({ parts }) => textOf(parts))
    .filter((text) => text !== '')
    .join('\n\n')
}

function endOf(state: string, said: string): RunOutcome {
  const words = said === '' ? '' : `: ${said.slice(0, 1_500)}`
  if (state === 'TASK_STATE_AUTH_REQUIRED')
    return { kind: 'blocked', reason: `The agent wants credentials that it was not given${words}`.slice(0, 2_000).toWellFormed() }
  if (state === 'TASK_STATE_REJECTED') return failed('refused', `The agent refused the task${words}`)
  if (state === 'TASK_STATE_CANCELED') return failed('transient', `The agent cancelled its work by itself${words}`)
  return failed('unknown', `The work ended as ${state}${words}`)
}
