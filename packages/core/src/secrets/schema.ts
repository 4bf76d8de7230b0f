import { z } from 'zod'

import { Author } from '../kernel/author.ts'
import { Id, IsoTime } from '../kernel/schema.ts'

export const SecretStatus = z.enum(['active', 'disabled'])
export type SecretStatus = z.infer<typeof SecretStatus>
export const SecretVersionStatus = z.enum(['active', 'destroyed'])
export type SecretVersionStatus = z.infer<typeof SecretVersionStatus>
/** How the wish of a run for a value ended. */
export const AccessOutcome = z.enum(['success', 'missing', 'disabled', 'failed'])
export type AccessOutcome = z.infer<typeof AccessOutcome>

const VersionNumber = z.number().int().min(1)

export const SecretName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'a name such as OPENAI_API_KEY: letters, digits and _, not beginning with a digit, at most 128')

/** Stands for the value of a secret in the configuration of an agent and in the environment of a project. */
export const SecretReference = z
  .strictObject({
    secret: SecretName.describe('The name of a secret of this company.'),
    version: VersionNumber.optional().describe('Left out, the newest.'),
  })
  .meta({ id: 'SecretReference' })
export type SecretReference = z.infer<typeof SecretReference>

/** What may be known of a secret: all but its values. */
export const Secret = z
  .object({
    id: Id,
    companyId: Id,
    name: z.string(),
    description: z.string().nullable(),
    status: SecretStatus,
    currentVersion: z.number().int().describe('The number of its newest value.'),
    version: z.number().int().describe('Grows with every change of the secret, as that of any other thing.'),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Secret' })
export type Secret = z.infer<typeof Secret>

export const SecretVersion = z
  .object({
    secretId: Id,
    number: z.number().int(),
    status: SecretVersionStatus,
    createdBy: Author,
    createdAt: IsoTime,
    destroyedAt: IsoTime.nullable(),
  })
  .meta({ id: 'SecretVersion' })
export type SecretVersion = z.infer<typeof SecretVersion>

export const SecretUse = z
  .object({
    id: Id,
    secretId: Id,
    kind: z.enum(['binding', 'reference']),
    agentId: Id.nullable(),
    routeId: Id.nullable(),
    pluginId: Id.nullable(),
    projectId: Id.nullable().describe('Without agent, project, route and plugin it is bound to the whole company.'),
    place: z.string().describe('The variable that it is bound to, or where in the configuration it is named.'),
    number: z.number().int().nullable().describe('The version that is named, when one is.'),
    createdAt: IsoTime,
  })
  .meta({ id: 'SecretUse' })
export type SecretUse = z.infer<typeof SecretUse>

export const SecretAccess = z
  .object({
    id: Id,
    secretId: Id,
    number: z.number().int().nullable().describe('The version that was asked for; null when it is not known any more.'),
    outcome: AccessOutcome,
    runId: Id.nullable().describe('The run that wanted it; null when it was a route or a plugin.'),
    agentId: Id.nullable(),
    routeId: Id.nullable().describe('The route that wanted it, to send or to be tried.'),
    pluginId: Id.nullable().describe('The plugin that wanted it, in one of its jobs, subscriptions or webhooks.'),
    at: IsoTime,
  })
  .meta({ id: 'SecretAccess' })
export type SecretAccess = z.infer<typeof SecretAccess>

/** Whose runs get a bound secret. */
export const BindingTarget = z
  .union([z.strictObject({ agentId: Id }), z.strictObject({ projectId: Id }), z.literal('company')])
  .describe('One agent, the tasks of one project, or all of the company.')
export type BindingTarget = z.infer<typeof BindingTarget>

export const EnvironmentName = SecretName.refine((name) => !/^ENGINE_/i.test(name), 'names beginning with ENGINE_ are reserved')

export const secretInput = { description: z.string().trim().max(2_000).nullable().optional() }
