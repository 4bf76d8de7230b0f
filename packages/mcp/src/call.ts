import { randomUUID } from 'node:crypto'

import type { CallToolResult, InputRequiredResult } from '@modelcontextprotocol/server'

import { EngineError, knownInput, toolName, whyNoTool, type Actor, type JsonObject, type JsonValue, type Operation } from '@engine/core'
import { Interaction } from '@engine/core/contract'

import { answerOfPerson, isForPerson } from './ask-person.ts'
import { mcpErrors, tell } from './errors.ts'
import type { Session, ToolCall } from './session.ts'
import { offersOf, takesCredential } from './tools.ts'

/** Calls a tool. Whatever is refused is a result that says so, which a model can read and act on. */
export async function callTool(session: Session, call: ToolCall): Promise<CallToolResult | InputRequiredResult> {
  const requestId = randomUUID()
  try {
    const operation = findOperation(session, call.name)
    const caller = await session.identify()
    const { actor, input } = await actAs(session, { operation, caller, input: call.input })
    const perform = (name: string, given: JsonObject) =>
      session.engine.execute(name, { actor, input: given, requestId, ...keyOf(call, operation) })
    if (isForPerson(operation, actor, input)) return await answerOfPerson({ ...call, input, perform })
    return success(operation, await perform(operation.name, { ...knownInput(operation, actor), ...input }))
  } catch (error) {
    const told = tell(error, session.engine.registry.errors, requestId)
    if (told.code === 'internal') session.logger?.error('a tool failed', { requestId, tool: call.name, error: describe(error) })
    return { isError: true, content: [{ type: 'text', text: JSON.stringify(told) }] }
  }
}

function findOperation({ engine }: Session, name: string): Operation {
  const offer = offersOf(engine.registry).get(name)
  if (offer) return offer.operation
  const leftOut = engine.registry.operations.find((operation) => toolName(operation) === name)
  const why = leftOut ? `${leftOut.name} is no tool: ${whyNoTool(leftOut) ?? ''}. It is reached over HTTP.` : 'There is no such tool.'
  throw new EngineError(mcpErrors.unknown_tool, why)
}

interface Given {
  readonly operation: Operation
  readonly caller: Actor
  readonly input: JsonObject
}

/** Who makes a call: the client, or the run of its agent whose credential it sends. A credential helps only the agent that it belongs to. */
async function actAs({ engine }: Session, { operation, caller, input }: Given): Promise<{ actor: Actor; input: JsonObject }> {
  const { credential, ...rest } = input
  if (credential === undefined || !takesCredential(operation, caller)) return { actor: caller, input }
  const run = typeof credential === 'string' ? await engine.authenticate(credential) : null
  if (run?.kind !== 'run' || run.agentId !== caller.id)
    throw new EngineError(mcpErrors.foreign_credential, 'This credential is not of a run of yours; nothing was changed.')
  return { actor: run, input: rest }
}

/** The key under which a call has one effect however often it is sent, where the client names one. */
function keyOf({ context }: ToolCall, { definition }: Operation): { idempotencyKey?: string } {
  const key = context.mcpReq._meta?.['engine/idempotencyKey']
  return definition.kind === 'command' && typeof key === 'string' && key !== '' ? { idempotencyKey: key.slice(0, 255) } : {}
}

/** An answer as data and, for clients that read none, as text. */
function success(operation: Operation, output: unknown): CallToolResult {
  // What an operation answers is what its route answers: JSON.
  const json = JSON.parse(JSON.stringify(output)) as JsonValue
  const waits = operation.name === 'interactions.ask' ? [{ type: 'text' as const, text: whereItWaits(json) }] : []
  return {
    ...(isObject(json) && { structuredContent: json }),
    content: [{ type: 'text', text: JSON.stringify(json) }, ...waits],
  }
}

function whereItWaits(interaction: JsonValue): string {
  const { id } = Interaction.parse(interaction)
  return `It waits for a person, who answers it in Engine (GET /api/interactions/${id}). interactions_get says what became of it.`
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
