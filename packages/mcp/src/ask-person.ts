import {
  inputRequired,
  inputResponse,
  type CallToolResult,
  type ElicitRequestFormParams,
  type InputRequiredResult,
  type PrimitiveSchemaDefinition,
} from '@modelcontextprotocol/server'

import { EngineError, type Actor, type JsonObject, type Operation } from '@engine/core'
import { Interaction } from '@engine/core/contract'

import { mcpErrors } from './errors.ts'
import type { ToolCall } from './session.ts'

type Form = ElicitRequestFormParams['requestedSchema']
type Ask = Interaction['ask']

/**
 * Whether a call leaves the answer to the person whose key the client has: it names the question alone. An agent's client never
 * gets here, since what its person would say could as well be said by the agent.
 */
export function isForPerson(operation: Operation, actor: Actor, input: JsonObject): boolean {
  return operation.name === 'interactions.answer' && actor.kind === 'user' && Object.keys(input).join() === 'interactionId'
}

export interface Asking extends ToolCall {
  perform(name: string, input: JsonObject): Promise<unknown>
}

/** Asks the person at the client by a form, and answers in Engine what they said. @throws `nobody_to_ask` */
export async function answerOfPerson({ input, canAsk, context, perform }: Asking): Promise<CallToolResult | InputRequiredResult> {
  const interaction = Interaction.parse(await perform('interactions.get', input))
  const { id, ask, status } = interaction
  const said = inputResponse(context.mcpReq.inputResponses, 'answer')
  const isFilled = said.kind === 'elicit' && said.action === 'accept'
  if (status !== 'pending' || isFilled) {
    const [name, answer] = answerFrom(ask, isFilled ? said.content : {})
    return shown(await perform(name, { interactionId: id, ...answer }))
  }
  if (said.kind === 'elicit') return shown(interaction, 'The person did not answer. It goes on waiting.')
  if (!canAsk)
    throw new EngineError(mcpErrors.nobody_to_ask, `This client can not ask its person. The question waits at /api/interactions/${id}.`, {
      // What is asked is JSON.
      details: { ask: JSON.parse(JSON.stringify(ask)) as JsonObject },
    })
  return inputRequired({ inputRequests: { answer: inputRequired.elicit({ message: ask.prompt, requestedSchema: formOf(ask) }) } })
}

function shown(output: unknown, note?: string): CallToolResult {
  const text = JSON.stringify(output)
  return {
    // An interaction is JSON.
    structuredContent: JSON.parse(text) as JsonObject,
    content: [{ type: 'text', text }, ...(note === undefined ? [] : [{ type: 'text' as const, text: note }])],
  }
}

/** Forms have fields of one value each, so that every item is a field. */
function formOf(ask: Ask): Form {
  switch (ask.kind) {
    case 'question': {
      const { choices = [], allowsText = true } = ask
      const oneOf = choices.map(({ key, label }) => ({ const: key, title: label }))
      return form({
        ...(oneOf.length > 0 && { choice: { type: 'string', title: 'Choice', oneOf } }),
        ...(allowsText && { text: { type: 'string', title: 'In words' } }),
      })
    }
    case 'confirmation':
      return form({ accept: { type: 'boolean', title: 'Accept', ...(ask.details !== undefined && { description: ask.details }) } }, [
        'accept',
      ])
    case 'suggested_tasks':
      return form(Object.fromEntries(ask.tasks.map(({ key, title }) => [key, { type: 'boolean', title, default: true }])))
    case 'checkboxes':
      return form(Object.fromEntries(ask.items.map(({ key, label }) => [key, { type: 'boolean', title: label, default: false }])))
    case 'verdicts': {
      const verdicts = ['approve', 'reject'].map((verdict) => ({ const: verdict, title: verdict }))
      const fields = ask.items.map(({ key, label }): [string, PrimitiveSchemaDefinition] => [
        key,
        { type: 'string', title: label, oneOf: verdicts },
      ])
      return form(
        Object.fromEntries(fields),
        fields.map(([key]) => key),
      )
    }
  }
}

function form(properties: Record<string, PrimitiveSchemaDefinition>, required: string[] = []): Form {
  return { type: 'object', properties, required }
}

/** Which operation says what a filled form says; what does not fit, that operation refuses. */
function answerFrom(ask: Ask, content: unknown): [name: string, input: JsonObject] {
  const said = new Map<string, unknown>(Object.entries(Object(content)))
  const keys = [...said].filter(([, value]) => value === true).map(([key]) => key)
  switch (ask.kind) {
    case 'confirmation':
      return [said.get('accept') === true ? 'interactions.accept' : 'interactions.reject', {}]
    case 'suggested_tasks':
      return keys.length > 0 ? ['interactions.accept', { keys }] : ['interactions.reject', {}]
    case 'checkboxes':
      return ['interactions.answer', { checked: keys }]
    case 'verdicts':
      return ['interactions.answer', { verdicts: [...said].map(([key, verdict]) => ({ key, verdict: String(verdict) })) }]
    case 'question':
      return ['interactions.answer', Object.fromEntries([...said].flatMap(([key, value]) => (value === '' ? [] : [[key, String(value)]])))]
  }
}
