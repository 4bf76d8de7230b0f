import { z } from 'zod'

import { SECRETS_SPEC, type SecretStore } from '../ports/secret-store.ts'
import type { Command, QueryContext, SecretPlace } from './command.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { requireSpec } from './parts.ts'

/** What a command knows of a secret value that it was given. */
export interface SealedValue extends SecretPlace {
  readonly sealed: string
  readonly fingerprint: string
}

/** Fewer characters cannot be blotted out of texts without blotting out half of them. */
const leastCharacters = 4

const given = z
  .string()
  .max(32_768)
  .refine(
    (value) => value.trim().length >= leastCharacters,
    `a secret has at least ${leastCharacters} characters, blanks around them not counted`,
  )

/** The input field `value` of a command that takes a secret. */
// Between parsing and handling, `sealValue` puts what was sealed in the place of the value.
export const SecretValue = given as unknown as z.ZodType<SealedValue, string>

interface Sealing {
  readonly command: Pick<Command, 'takesSecret'>
  readonly input: Record<string, unknown>
}

/**
 * Seals the secret value of a call that is allowed, before the transaction of its command begins: neither handler nor event nor
 * database ever has the value.
 * @returns the input as the command handles it
 * @throws `secrets_unavailable`
 */
export async function sealValue(
  host: { readonly secrets: SecretStore; newId(): string },
  context: QueryContext,
  { command, input }: Sealing,
): Promise<Record<string, unknown>> {
  if (!command.takesSecret) return input
  const { companyId } = context
  const place = await command.takesSecret(context, input, host.newId)
  // Parsed by `given`.
  const value = input['value'] as string
  const sealed = await host.secrets.seal(value, placeText({ companyId, ...place }))
  const sealedValue: SealedValue = { ...place, sealed, fingerprint: await host.secrets.fingerprint(value, companyId) }
  return { ...input, value: sealedValue }
}

/** The input by which two calls are the same: sealing gives another text each time. */
export function comparableInput({ command, input }: Sealing): Record<string, unknown> {
  // Sealed above.
  return command.takesSecret ? { ...input, value: (input['value'] as SealedValue).fingerprint } : input
}

/** The associated data of a sealed value. */
export function placeText({ companyId, secretId, number }: SecretPlace & { companyId: string }): string {
  return `engine.secret.v1 ${companyId} ${secretId} ${number}`
}

/** A secret store whose failures say what they mean to the caller. Without one every use fails with advice. */
export function guardSecrets(secrets: SecretStore | undefined): SecretStore {
  if (!secrets) return absentSecrets
  requireSpec('The secret store', secrets, SECRETS_SPEC)
  return {
    spec: secrets.spec,
    id: secrets.id,
    seal: (value, associatedData) => guarded(() => secrets.seal(value, associatedData)),
    open: (sealed, associatedData) => guarded(() => secrets.open(sealed, associatedData)),
    fingerprint: (value, associatedData) => guarded(() => secrets.fingerprint(value, associatedData)),
  }
}

async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch {
    // No cause: who knows what a store writes into its errors while it holds a value.
    throw new EngineError(
      kernelErrors.secrets_unavailable,
      'The secret store does not answer as it should; nothing was changed. Try again.',
    )
  }
}

async function refuse(): Promise<never> {
  throw new EngineError(
    kernelErrors.secrets_unavailable,
    'This engine has no key for secrets. Create it with one: createEngine({ …, secrets: localSecrets({ key }) }), see docs/secrets.md.',
  )
}

const absentSecrets: SecretStore = { spec: SECRETS_SPEC, id: 'none', seal: refuse, open: refuse, fingerprint: refuse }
