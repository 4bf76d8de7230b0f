import type { JsonObject } from './json.ts'

/** What sort of failure it is. Hosts map a kind to their wire (HTTP status, MCP error, exit code); core knows no numbers. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'denied'
  | 'missing'
  | 'conflict'
  | 'rule'
  | 'budget'
  | 'limited'
  | 'too_large'
  | 'unavailable'
  | 'internal'

const marker = Symbol.for('engine.error.v1')

export interface ErrorOptions {
  /** Facts that help the caller: who holds it, what would work, which fields are wrong. */
  details?: JsonObject
  cause?: unknown
}

/**
 * The one error that Engine throws. `code` is a stable snake_case word, `message` says what happened and what would
 * work, `details` carries the same as data.
 */
export class EngineError extends Error {
  readonly kind: ErrorKind
  readonly code: string
  readonly details: JsonObject
  readonly [marker] = true

  constructor(definition: ErrorDefinition, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'EngineError'
    this.kind = definition.kind
    this.code = definition.code
    this.details = options.details ?? {}
  }

  /** True for an EngineError of any copy of this package. */
  static isInstance(value: unknown): value is EngineError {
    return typeof value === 'object' && value !== null && marker in value
  }
}

/** One row of an `errors.ts`: a code, its kind, why it happens, and what its reader should do about it. */
export interface ErrorDefinition {
  readonly code: string
  readonly kind: ErrorKind
  /** Why it happens, as a sentence; all codes of Engine say it. */
  readonly cause?: string
  /** What would work. */
  readonly help: string
}

/** Declares a module's errors; the key is the code. */
export function defineErrors<Codes extends Record<string, Omit<ErrorDefinition, 'code'>>>(codes: Codes) {
  const definitions: Record<string, ErrorDefinition> = {}
  for (const [code, definition] of Object.entries(codes)) definitions[code] = { code, ...definition }
  // The loop above gives exactly the keys of Codes.
  return definitions as { [Code in keyof Codes]: ErrorDefinition }
}

export const kernelErrors = defineErrors({
  invalid_input: {
    kind: 'invalid',
    cause: 'The call is not what the operation takes: a field is unknown, missing, or of another kind.',
    help: 'Correct the fields listed in `errors`; nothing was changed.',
  },
  unauthenticated: {
    kind: 'unauthenticated',
    cause: 'The call brought no credential, or one that opens nothing: mistyped, expired or revoked.',
    help: 'Send a valid key or credential.',
  },
  forbidden: {
    kind: 'denied',
    cause: 'The caller is known, and neither their role nor the scopes of their key allow this.',
    help: 'Ask someone whose role allows it; the message names the scope.',
  },
  not_found: {
    kind: 'missing',
    cause: 'Nothing that the caller may see has this id or name.',
    help: 'It does not exist, or it belongs to a company that you cannot see.',
  },
  illegal_transition: {
    kind: 'conflict',
    cause: 'The thing is in a status from which this move does not lead anywhere.',
    help: 'Use one of the moves in `legal`.',
  },
  version_conflict: {
    kind: 'conflict',
    cause: 'Somebody changed the thing after it was read.',
    help: 'Read it again, apply your change to the current version, send that version.',
  },
  changed_meanwhile: {
    kind: 'conflict',
    cause: 'The same row was changed by others at each of several tries.',
    help: 'Others change the same thing all the time; nothing was changed. Try again in a moment.',
  },
  lease_lost: {
    kind: 'conflict',
    cause: 'The lease of the run ended, or the run was cancelled or taken over, while it was still at work.',
    help: 'This run no longer owns its task; stop working on it. Nothing was changed.',
  },
  already_exists: {
    kind: 'conflict',
    cause: 'Another thing has this name, key or address already.',
    help: 'Choose another value or use the one that exists.',
  },
  idempotency_mismatch: {
    kind: 'rule',
    cause: 'The Idempotency-Key was used within a day for a request with another content.',
    help: 'Use a new Idempotency-Key for a different request.',
  },
  rule_violated: {
    kind: 'rule',
    cause: 'The call is well-formed, and a rule of the business stands against it.',
    help: 'The message says which rule and what would satisfy it.',
  },
  payload_too_large: { kind: 'too_large', cause: 'The body or the file is larger than is taken.', help: 'Send less, or split it.' },
  unavailable: {
    kind: 'unavailable',
    cause: 'The database or something else that the call needs did not answer, or the engine is stopping.',
    help: 'Try again in a moment; nothing was changed.',
  },
  blobs_unavailable: {
    kind: 'unavailable',
    cause: 'The store of files did not answer, or the engine was created without one.',
    help: 'Files can not be kept or read now; nothing was changed. Look after the blob store, or create the engine with one.',
  },
  secrets_unavailable: {
    kind: 'unavailable',
    cause: 'The store of secrets did not answer, or the engine was created without a key.',
    help: 'Secrets can not be sealed or opened now; nothing was changed. Look after the secret store, or create the engine with one.',
  },
  outcome_unknown: {
    kind: 'unavailable',
    cause: 'The connection to the database broke between a commit and its answer.',
    help: 'Repeat the call with the same Idempotency-Key: it has its effect once, whatever became of this one.',
  },
  instance_replaced: {
    kind: 'unavailable',
    cause: 'Another process put a copy in the place of the database that this one has open.',
    help: 'Restart this process. The database was restored from a copy since it was opened; nothing was changed.',
  },
  internal: {
    kind: 'internal',
    cause: 'Something happened that nobody foresaw; the log has it under the id of the request.',
    help: 'A defect of Engine or of a plugin; report it with the request id.',
  },
})

export function notFound(entity: string, reference: string): EngineError {
  return new EngineError(kernelErrors.not_found, `There is no ${entity} ${reference}.`, { details: { entity, reference } })
}

/** What a call is told that brings no credential for what it names, and also when that is not there. What it named is not repeated. */
export function withoutCredential(entity: string): EngineError {
  return notFound(entity, 'that the credential of this call is for')
}

/** What a command is answered that would change something in an archived company. */
export function companyArchived(cause?: unknown): EngineError {
  const message = 'This company is archived: it can be read, and nothing is created or changed in it any more.'
  return new EngineError(kernelErrors.rule_violated, message, { cause })
}

export function ruleViolated(message: string, details: JsonObject = {}): EngineError {
  return new EngineError(kernelErrors.rule_violated, message, { details })
}

interface Absent {
  /** What the caller calls it, such as `parentId`. */
  readonly field: string
  /** What it would be, such as `goal`. */
  readonly entity: string
  /** The id or the name that was given. */
  readonly reference: string
  /** What would help, as a sentence. */
  readonly advice?: string
}

/** That a call refers to what is not there, or to what another company has: the same, so that nobody learns of it. */
export function notInCompany({ field, entity, reference, advice }: Absent): EngineError {
  const message = `${field}: there is no ${entity} ${reference} in this company.`
  return ruleViolated(advice === undefined ? message : `${message} ${advice}`, { field, entity, reference })
}
