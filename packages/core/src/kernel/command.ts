import type { Kysely } from 'kysely'
import type { z } from 'zod'

import type { Database } from '../database/tables.ts'
import type { BlobStore } from '../ports/blob-store.ts'
import type { Clock } from '../ports/clock.ts'
import type { PriceBook } from '../ports/prices.ts'
import type { SecretStore } from '../ports/secret-store.ts'
import type { Actor } from './actor.ts'
import type { Batch } from './batch.ts'
import type { CommandContext } from './command-context.ts'
import type { CompanyLock } from './company-turns.ts'
import type { Caller } from './call.ts'
import type { DestinationCatalog } from './destinations.ts'
import type { GuardedEmbedder } from './embedding.ts'
import type { EntityName, Location } from './locate.ts'
import type { Scope } from './permissions.ts'
import type { PluginCatalog } from './plugins.ts'
import type { RedactedLog, RunRedaction } from './redacted-log.ts'
import type { AdapterCatalog } from './adapters.ts'
import type { EngineSettings } from './settings.ts'

export type { CommandContext } from './command-context.ts'

/**
 * Where the company of a call comes from:
 * an entity's name (its id is in the input, the kernel finds its company and answers 404 for a foreign one),
 * `new` (the call founds a company), `visible` (a query over every company that the actor may see), `actor` (the company
 * of the agent or run that calls; nobody else may), or `installation` (it is about what belongs to no company; for those who
 * have the role everywhere).
 */
export type CompanySource = EntityName | Nameless
type Nameless = 'new' | 'visible' | 'actor' | 'installation'

/** Whether the input of such a call names no entity by which its company is found. */
export function isNameless(source: CompanySource): source is Nameless {
  return source === 'new' || source === 'visible' || source === 'actor' || source === 'installation'
}

interface Access {
  readonly scope: Scope
  readonly company: CompanySource
  /**
   * Says that the input itself holds what lets its caller in: a token, a signature. Hosts ask for no other credential, and the
   * caller need not be of the company.
   */
  readonly carriesCredential?: true
}

/** What success means: nothing more, something new exists, or it was taken and will have its effect. */
export type Success = 'done' | 'created' | 'accepted'

export type HttpMethod = 'GET' | 'POST' | 'PATCH' | 'DELETE'

interface DefinitionBase<Input extends z.ZodObject, Output extends z.ZodType> {
  /** What it does, in a few words: OpenAPI summary, tool title, help line. */
  readonly title: string
  readonly description?: string
  readonly input: Input
  readonly output: Output
  readonly access: Access
  /** Method and path below `/api`; without it the call exists only in the SDK. */
  readonly http?: readonly [HttpMethod, `/${string}`]
  /** What models are told of it as a tool, or why it is none. */
  readonly mcp?: ToolHints | { readonly leftOut: string }
}

interface ToolHints {
  /** Says that to call it again with the same input changes nothing more. */
  readonly idempotent?: true
  /** Says that it takes nothing away and ends nothing, so that nobody has to be asked first. */
  readonly additive?: true
}

export interface QueryContext {
  readonly db: Kysely<Database>
  readonly actor: Actor
  readonly companyId: string
  /** What the call is about, as its access names it; null for a call that names nothing. */
  readonly target: Location | null
  readonly now: string
  readonly adapters: AdapterCatalog
  readonly destinations: DestinationCatalog
  readonly plugins: PluginCatalog
  readonly blobs: BlobStore
  readonly embedder: GuardedEmbedder | null
  readonly prices: PriceBook | null
  readonly settings: EngineSettings
  /** All that can be called on this engine, with those of plugins. */
  readonly operations: readonly { readonly name: string; readonly definition: AnyDefinition }[]
}

/** Which version of which secret a value is to be; what is sealed for one place opens at no other (PROMISES S16). */
export interface SecretPlace {
  readonly secretId: string
  readonly number: number
}

/** What a command may use before its transaction begins. */
export interface PrepareContext extends QueryContext {
  readonly caller: Caller
  readonly clock: Clock
  readonly secrets: SecretStore
  readonly redactors: Map<string, RunRedaction>
  newId(): string
  /** Runs one of Engine's own commands as Engine itself, in a transaction of its own. */
  perform(name: string, input: object): Promise<unknown>
  /** The same, with whoever called named in its events. */
  performFor(name: string, input: object): Promise<unknown>
}

export interface Command<
  Input extends z.ZodObject = z.ZodObject,
  Output extends z.ZodType = z.ZodType,
  Prepared = unknown,
> extends DefinitionBase<Input, Output> {
  readonly kind: 'command'
  /** True when success means that something new exists (HTTP 201). */
  readonly creates?: boolean
  /**
   * What the command keeps others from changing while it decides, on databases that run several transactions at once.
   * Left out, it has its whole company for itself, so it may reason over any number of rows. `rows` is for commands that
   * many make at the same time: each row that they decide by is locked by the statement that reads it. A function decides by
   * what is asked for.
   */
  readonly locks?: 'rows' | ((input: z.output<Input>) => CompanyLock)
  /** How a database that is a round trip away runs many ordinary calls at once. */
  readonly batch?: Batch<z.output<Input>, z.output<Output>>
  /**
   * For a command that takes bytes in its input field `content`, which is of the schema `Content`: how many at most. The kernel
   * stores them before the transaction begins; hosts send them as what they are, not as JSON.
   */
  takesContent?(context: QueryContext): Promise<number>
  /**
   * For a command that takes a secret in its input field `value`, which is of the schema `SecretValue`: which version of which
   * secret it is to be. The kernel seals it for that place before the transaction begins; the handler has it only sealed.
   */
  takesSecret?(context: QueryContext, input: z.output<Input>, newId: () => string): Promise<SecretPlace>
  /**
   * For a command that takes a request as it came, in its input fields `body` (text) and `headers`: which headers, and how many
   * bytes at most. Hosts read nothing out of it.
   */
  readonly takesRequest?: { readonly headers: readonly string[]; readonly limit: number }
  /** What success may mean, and which of it an answer means; for commands where that is not the same for every answer. */
  readonly successes?: readonly Success[]
  success?(output: z.output<Output>): Success
  /**
   * For a command whose texts are pieces of longer ones: how they go through what blots out secrets. A secret may begin in one
   * piece and end in the next, so that `push` may give nothing back, and more the next time.
   */
  pieces?(input: z.output<Input>, push: RedactedLog['push']): z.output<Input>
  /**
   * What has to be done outside of any transaction before `handle`, once the call is allowed, such as asking a store of secrets.
   * Nothing holds still meanwhile: `handle` looks again at what it decides by.
   */
  prepare?(context: PrepareContext, input: z.output<Input>): Promise<Prepared>
  /** Why it can not be called inside a transaction of the host, which would stay open meanwhile. */
  readonly needsOwnTransaction?: string
  /**
   * What it does to the session of its caller. What begins one answers with its token as `credential`, which hosts for browsers put into a
   * cookie, and nowhere else.
   */
  readonly session?: 'begins' | 'ends'
  /** Why no answer of it is kept for a repeat, so that it takes no Idempotency-Key. */
  readonly answersOnce?: string
  /** Why this command goes on in an archived company, where nothing else is created or changed any more. */
  readonly whenArchived?: string
  /** Why this command records no event; only for bookkeeping that is no change of the business. */
  readonly unaudited?: string
  handle(context: CommandContext, input: z.output<Input>, prepared: Prepared): Promise<z.output<Output>>
}

export interface Query<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodType = z.ZodType> extends DefinitionBase<
  Input,
  Output
> {
  readonly kind: 'query'
  /** True when it answers with bytes, by the schema `Download`; hosts send them as what they are, not as JSON. */
  readonly givesContent?: boolean
  handle(context: QueryContext, input: z.output<Input>): Promise<z.output<Output>>
}

export function command<Input extends z.ZodObject, Output extends z.ZodType, Prepared = undefined>(
  definition: Omit<Command<Input, Output, Prepared>, 'kind'>,
): Command<Input, Output, Prepared> {
  return { kind: 'command', ...definition }
}

export function query<Input extends z.ZodObject, Output extends z.ZodType>(
  definition: Omit<Query<Input, Output>, 'kind'>,
): Query<Input, Output> {
  return { kind: 'query', ...definition }
}

// Code that cannot know the input uses this; the kernel parses before it calls `handle`.
export type AnyDefinition = Command | Query
