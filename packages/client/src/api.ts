import type { AnyEvent, Api, LogChunk } from '@engine/core/contract'

import type { routes } from './routes.ts'

export interface RequestOptions {
  /** Commands that are POST get one by themselves; give yours where a repeat may come from another process. */
  readonly idempotencyKey?: string | undefined
  /** Only if nobody has changed the thing since this version of it, which you have read; `version_conflict` with status 412 otherwise. */
  readonly ifVersion?: number | undefined
  /** Ends the call, its waits included; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** How long one try may take, instead of what the client was made with. */
  readonly timeoutMs?: number | undefined
}

export interface StreamOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal | undefined
  /** Hears whether the server is listened to: `open` each time that it is, `away` each time that it is not any more and is asked again. */
  readonly onState?: ((state: 'open' | 'away') => void) | undefined
}

/** A file as a server sends it. Nothing of it is read before you read `content`. */
export interface Download {
  readonly name: string
  /** `application/octet-stream` for types that a browser would run. */
  readonly contentType: string
  /** Null for what is made while it is read. */
  readonly byteSize: number | null
  readonly content: ReadableStream<Uint8Array>
}

/** What the SDK takes as bytes goes over the wire as itself. */
type Sent<Input> = Input extends { content: infer Content }
  ? Uint8Array extends Content
    ? Omit<Input, 'content'> & { content: Uint8Array<ArrayBuffer> | Blob }
    : Input
  : Input

type Received<Output> = Output extends { content: AsyncIterable<Uint8Array> } ? Download : Output

type Method<Operation> = Operation extends (...given: infer Given) => Promise<infer Output>
  ? undefined extends Given[0]
    ? (input?: Sent<Given[0]>, options?: RequestOptions) => Promise<Received<Output>>
    : (input: Sent<Given[0]>, options?: RequestOptions) => Promise<Received<Output>>
  : never

type Everything<Operation> = Operation extends (
  ...given: infer Given
) => Promise<{ items: readonly (infer Item)[]; nextCursor: string | null }>
  ? undefined extends Given[0]
    ? (input?: Given[0], options?: RequestOptions) => AsyncIterable<Item>
    : (input: Given[0], options?: RequestOptions) => AsyncIterable<Item>
  : never

type Page = { items: readonly unknown[]; nextCursor: string | null }
type Routes = typeof routes
type Module = keyof Routes
type Verb<Name extends Module> = keyof Routes[Name] & keyof Api[Name] & string

type IsPaged<Operation> = Operation extends (...given: never) => Promise<Page> ? true : false

type Methods<Name extends Module> = { readonly [Each in Verb<Name>]: Method<Api[Name][Each]> }
type Lists<Name extends Module> = {
  readonly [Each in Verb<Name> as IsPaged<Api[Name][Each]> extends true ? `${Each}All` : never]: Everything<Api[Name][Each]>
}

interface Streams {
  readonly events: {
    /**
     * A company's events after a seq, past and then live; `latest` begins with what is still to come. Comes back by itself where
     * it was cut off, so that each event is given once, and ends with `signal`.
     * @throws EngineError when you may not listen (any more), or the server stays away
     */
    stream(input: { companyId: string; after?: number | 'latest' }, options?: StreamOptions): AsyncIterable<AnyEvent>
  }
  readonly runs: {
    /** The log of a run after a sequence, as it grows; ends when the run is over and all was given, or with `signal`. */
    followLog(input: { runId: string; after?: number }, options?: StreamOptions): AsyncIterable<LogChunk>
  }
}

/**
 * Every operation that has a route, as a method: `client.tasks.checkout({ taskId })`; every list also as one that goes through
 * all of its pages: `for await (const task of client.tasks.listAll({ companyId }))`.
 */
export type Client = { readonly [Name in Module]: Methods<Name> & Lists<Name> } & Streams & {
    /**
     * Runs an operation by its name, for surfaces that know it only at run time. One that this client does not know, such as one of a
     * plugin, needs its `route`, as `plugins.slots` has it: method and path below `/api`, `GET /companies/:companyId/notes`.
     */
    execute(name: string, input: object, options?: RequestOptions & { readonly route?: string }): Promise<unknown>
  }
