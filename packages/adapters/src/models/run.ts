import type { AdapterTurn, Logger, Redactor, RunOutcome } from '@engine/core/plugin'

import { failed, messageOf, Refusal } from '../failures.ts'
import { Journal } from '../journal.ts'
import { endingNames, offersWithEndings, submitForReview } from '../tools/endings.ts'
import type { ModelLimits } from './config.ts'
import { CallMeter } from './call-meter.ts'
import type { Answer, Conversation, ModelProvider, Said } from './conversation.ts'
import { callFailure, isUnserved } from './failures.ts'
import { renderPrompt } from './prompt.ts'
import { eventRefusal, Recorder } from './recorder.ts'
import { limitTime } from './time-limit.ts'
import { useTools } from './tools.ts'

interface Work {
  readonly turn: AdapterTurn
  readonly provider: ModelProvider
  readonly limits: ModelLimits
  readonly recorder: Recorder
  readonly meter: CallMeter
  readonly logger: Logger
  readonly redactor: Redactor
  readonly signal: AbortSignal
  /** Input and output tokens of all calls up to now. */
  usedTokens: number
}

interface RunOptions {
  readonly provider: ModelProvider
  readonly limits: ModelLimits
  readonly logger: Logger
  readonly redactor: Redactor
}

/** Lets a model work on a task until it says how its work ended, or one of the limits is reached. */
export async function runModel(turn: AdapterTurn, { provider, limits, logger, redactor }: RunOptions): Promise<RunOutcome> {
  const time = limitTime(turn.signal, limits.timeoutSec)
  const recorder = new Recorder(new Journal(turn, logger))
  try {
    const meter = new CallMeter(turn.meter, { provider: provider.name, model: provider.model })
    const work: Work = { turn, provider, limits, recorder, meter, logger, redactor, signal: time.signal, usedTokens: 0 }
    return time.outcome() ?? (await converse(work))
  } catch (error) {
    const stopped = time.outcome()
    if (stopped) return stopped
    return error instanceof Refusal ? error.outcome : callFailure(error, provider, (text) => redactor.redact(text))
  } finally {
    time.release()
  }
}

/** How a model is told to end its work. */
const handInByTool = `When you are done, call one of these tools: ${endingNames}. Your work counts by that call alone; before it, nobody sees what you write.`
const handInByText = 'What you write is handed in as it is: answer with the whole result and nothing else.'

const goOn = 'Your last message was cut off at the limit of its length. Go on exactly where it ended, and be brief.'

async function converse(work: Work): Promise<RunOutcome> {
  const { turn, limits, provider } = work
  const prompt = renderPrompt(turn.context, limits.tools ? handInByTool : handInByText)
  const conversation = provider.open({ system: prompt.system, tools: limits.tools ? offersWithEndings(turn.tools) : [] })
  let said: Said = { type: 'text', text: prompt.task }
  let cutOff = ''
  let wasCutOff = false
  for (let calls = 0; calls < limits.maxTurns; calls += 1) {
    if (tokensLeft(work) < 1) return failed('bad_request', tooManyTokens(work))
    const answer = await callModel(work, conversation, said)
    if (answer.stop === 'length') {
      if (wasCutOff) return failed('bad_request', tooLong(work))
      wasCutOff = true
      cutOff = answer.text
      said = { type: 'text', text: goOn }
      continue
    }
    if (answer.stop === 'refused') return failed('refused', 'The model refused to do this task.')
    if (answer.stop === 'context_full') return failed('bad_request', contextFull)
    if (answer.toolCalls.length === 0) return endWithText(work, cutOff + answer.text)
    const used = await useTools(answer.toolCalls, turn.tools, work.recorder)
    if ('outcome' in used) return used.outcome
    work.signal.throwIfAborted()
    cutOff = ''
    said = { type: 'results', results: used.results }
  }
  return failed(
    'bad_request',
    `The work did not end within ${limits.maxTurns} calls of the model. Raise maxTurns, or make the task smaller.`,
  )
}

const contextFull = 'The context of the model is full. Make the task smaller, or choose a model with a larger context.'

async function callModel(work: Work, conversation: Conversation, said: Said): Promise<Answer> {
  const { recorder, meter, limits, signal } = work
  const maxOutputTokens = Math.min(limits.maxOutputTokens, tokensLeft(work))
  try {
    const answer = await conversation.call(said, {
      maxOutputTokens,
      signal,
      onRequest: (request) => reserve(work, request, maxOutputTokens),
      onPiece: (piece) => meter.receive(piece),
      onText: (text) => recorder.text(text),
      onTokens: (tokens) => meter.count(tokens),
    })
    await recorder.flush()
    work.usedTokens += await meter.settle().catch((error: unknown) => {
      throw eventRefusal('usage', error)
    })
    return answer
  } catch (error) {
    await recorder.flush()
    await endCutCall(work, error)
    throw error
  }
}

async function reserve({ meter, signal }: Work, request: object, maxOutputTokens: number): Promise<void> {
  await meter.reserve(request, maxOutputTokens)
  if (!signal.aborted) return
  await meter.release()
  signal.throwIfAborted()
}

/** What was begun is paid for; what nobody worked on is not. A hold that ended already is left as it is. */
async function endCutCall({ meter, provider, logger }: Work, error: unknown): Promise<void> {
  const isUnbilled = !meter.hasAnswer && isUnserved(error, provider.describe(error))
  await (isUnbilled ? meter.release() : meter.settleCut()).catch((reason: unknown) => {
    logger.warn('what a failed call used was not stored', { reason: messageOf(reason) })
  })
}

async function endWithText({ turn, limits, recorder, redactor }: Work, text: string): Promise<RunOutcome> {
  if (text.trim() === '') return failed('unknown', 'The model ended without a word and without a tool that says how its work ended.')
  if (limits.onText === 'done') return { kind: 'done', summary: redactor.redact(text).slice(0, 10_000).toWellFormed() }
  return submitForReview({ title: turn.context.task.title, content: text }, (event) => recorder.event(event))
}

function tokensLeft({ limits, usedTokens }: Work): number {
  return limits.maxTokens === undefined ? Number.MAX_SAFE_INTEGER : limits.maxTokens - usedTokens
}

function tooManyTokens({ limits, usedTokens }: Work): string {
  return `The run used ${usedTokens} of its ${limits.maxTokens} tokens. Raise maxTokens, or make the task smaller.`
}

function tooLong({ limits }: Work): string {
  return `Two answers of the model were cut off at ${limits.maxOutputTokens} tokens. Raise maxOutputTokens, or ask for a shorter result.`
}
