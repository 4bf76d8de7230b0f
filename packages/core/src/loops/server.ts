import type { RunActor } from '../kernel/actor.ts'
import { leaseLost } from '../kernel/authorize.ts'
import { EngineError, kernelErrors, type ErrorDefinition } from '../kernel/errors.ts'
import type { JsonObject } from '../kernel/json.ts'
import type { Operation, Registry } from '../kernel/registry.ts'

/** A request to a server, in which a path stands below its address and a body is JSON. */
export interface ServerRequest {
  readonly method: string
  /** Such as `/api/runs/…/report`, with its query. */
  readonly path: string
  /** Null for a request without one. */
  readonly body: JsonObject | null
  /** Sent as `Authorization: Bearer …`; null where the body holds what lets it in. */
  readonly credential: string | null
}

/** Sends a request and reads its answer. Rejects when there is none; an answer that says no is an answer. */
export type AskServer = (request: ServerRequest) => Promise<{ readonly status: number; readonly body: unknown }>

/** The operations of a server, called as by `execute`, with what lets the caller in. */
export interface Server {
  /** @throws what the server answers, `unavailable` when it does not */
  call(name: string, input: object, credential: string | null): Promise<unknown>
}

export function createServer(registry: Registry, ask: AskServer): Server {
  return {
    async call(name, input, credential) {
      const operation = registry.get(name)
      if (!operation) throw new Error(`there is no operation ${name}`)
      const answer = await ask({ ...toRequest(operation, input), credential }).catch((error: unknown) => {
        throw new EngineError(kernelErrors.unavailable, `The server did not answer: ${describe(error)}`, { cause: error })
      })
      if (answer.status >= 200 && answer.status < 300) return answer.body
      throw toError(registry, answer)
    },
  }
}

function toRequest({ name, definition }: Operation, input: object): Omit<ServerRequest, 'credential'> {
  const { http } = definition
  if (!http) throw new Error(`${name} has no route`)
  const [method, route] = http
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = route.replaceAll(/:(\w+)/g, (_, field: string) => {
    const value = String(rest.get(field))
    rest.delete(field)
    return encodeURIComponent(value)
  })
  if (method !== 'GET') return { method, path: `/api${path}`, body: Object.fromEntries(rest) }
  const query = new URLSearchParams([...rest].map(([field, value]): [string, string] => [field, String(value)]))
  return { method, path: `/api${path}${query.size > 0 ? `?${query.toString()}` : ''}`, body: null }
}

/** What an answer that says no means here, by its code; what this version does not know, and what a server between says, is passing. */
function toError(registry: Registry, { status, body }: { status: number; body: unknown }): EngineError {
  // Read with care: it may come from anybody between here and the server.
  const { code, detail, retryAfterMs } = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>
  const known = registry.errors.find((definition) => definition.code === code)
  const definition: ErrorDefinition = known ?? (status === 401 ? kernelErrors.unauthenticated : kernelErrors.unavailable)
  return new EngineError(definition, typeof detail === 'string' ? detail : `The server answered ${status}.`, {
    details: typeof retryAfterMs === 'number' ? { retryAfterMs } : {},
  })
}

/** What the server says to a run whose credential it does not take: a node that was let go does not execute it any more. */
export function asLeaseLost(actor: RunActor, error: unknown): unknown {
  return EngineError.isInstance(error) && error.kind === 'unauthenticated' ? leaseLost(actor) : error
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message
}
