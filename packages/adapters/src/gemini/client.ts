import { z } from 'zod'

import type { CallError } from '../models/conversation.ts'
import { messageOf } from '../failures.ts'
import { connectionCodeOf } from '../models/failures.ts'
import type { GeminiConfig } from './config.ts'
import { readServerSentEvents } from './server-sent-events.ts'

const ownUrl = 'https://generativelanguage.googleapis.com/v1beta'
const longestError = 100_000

const ErrorBody = z.looseObject({
  error: z.looseObject({
    message: z.string().default('It said nothing.'),
    status: z.string().optional(),
    details: z.array(z.looseObject({ reason: z.string().optional(), retryDelay: z.string().optional() })).default([]),
  }),
})

export interface GeminiClient {
  /** Calls the model once; gives each event of its answer, as text. @throws ServerFailure */
  stream(body: object, signal: AbortSignal): AsyncGenerator<string>
  findModel(signal: AbortSignal): Promise<{ displayName?: string | undefined }>
}

interface Asking {
  readonly apiKey: string
  readonly fetch: typeof fetch
}

export function createClient(
  { baseUrl = ownUrl, model }: Pick<GeminiConfig, 'baseUrl' | 'model'>,
  { apiKey, fetch }: Asking,
): GeminiClient {
  const url = `${baseUrl.replace(/\/$/, '')}/models/${encodeURIComponent(model.replace(/^models\//, ''))}`
  const ask = async (address: string, request: RequestInit): Promise<Response> => {
    // A redirect is not followed: the key would go where nobody meant it to.
    const response = await fetch(address, {
      ...request,
      redirect: 'manual',
      headers: { 'x-goog-api-key': apiKey, 'content-type': 'application/json' },
    })
    if (!response.ok) throw await readFailure(response)
    return response
  }
  return {
    async *stream(body, signal) {
      const request = { method: 'POST', body: JSON.stringify(body), signal }
      const response = await ask(`${url}:streamGenerateContent?alt=sse`, request)
      if (response.body) yield* readServerSentEvents(response.body)
    },
    async findModel(signal) {
      return z.looseObject({ displayName: z.string().optional() }).parse(await (await ask(url, { signal })).json())
    },
  }
}

/** What the server says when it does not do what it was asked. */
export class ServerFailure extends Error {
  readonly facts: Pick<CallError, 'status' | 'codes' | 'headers'>

  constructor(message: string, facts: ServerFailure['facts']) {
    super(message)
    this.facts = facts
  }
}

async function readFailure(response: Response): Promise<ServerFailure> {
  const text = (await response.text()).slice(0, longestError)
  const { status, headers } = response
  return failureOf(text, { status, headers }) ?? new ServerFailure(`It answered ${status}.`, { status, codes: [], headers })
}

/** The error that a body or an event is; null when it is none. */
export function failureOf(
  text: string,
  { status, headers = new Headers() }: { status?: number; headers?: Headers } = {},
): ServerFailure | null {
  const body = ErrorBody.safeParse(toJson(text))
  if (!body.success) return null
  const { message, status: name, details } = body.data.error
  const codes = [...details.map(({ reason }) => reason), name].filter((code) => code !== undefined)
  const waitMs = details.map(({ retryDelay }) => millisecondsOf(retryDelay)).find((wait) => wait !== null)
  const given = new Headers(headers)
  if (waitMs !== undefined && waitMs !== null) given.set('retry-after-ms', String(waitMs))
  return new ServerFailure(message, { status, codes, headers: given })
}

/** A protobuf duration as JSON: "34.07s". */
function millisecondsOf(duration: string | undefined): number | null {
  const seconds = /^(\d+(?:\.\d+)?)s$/.exec(duration ?? '')?.[1]
  return seconds === undefined ? null : Math.ceil(Number(seconds) * 1_000)
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export function describeCallError(error: unknown): CallError {
  const connectionCode = connectionCodeOf(error)
  const { status, codes, headers } = error instanceof ServerFailure ? error.facts : { status: undefined, codes: [], headers: undefined }
  return { status, codes, headers, message: messageOf(error), connectionCode, isTimeout: false }
}
