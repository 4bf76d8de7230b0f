import { z } from 'zod'

import { Id, IsoTime } from '../kernel/schema.ts'

/** From the least telling to the most telling. */
export const PreferenceScope = z.enum(['company', 'user', 'agent', 'project', 'task'])
export type PreferenceScope = z.infer<typeof PreferenceScope>

export const PreferenceKey = z
  .string()
  .max(128)
  .regex(/^[a-z][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)*$/, 'words of a-z, 0-9, - and _ with dots between them, such as review.language')
  .refine((key) => !(key in {}), 'a name that every object has already')

/** How large one value may be, and all values of one company, project, agent, task or person together, as JSON. */
const largestValue = 16_384
export const largestTogether = 65_536
export const mostPreferences = 100

export const PreferenceValue = z.json().refine((value) => JSON.stringify(value).length <= largestValue, 'larger than 16 KiB')

const Value = z.json()

export const Preference = z
  .object({
    id: Id,
    companyId: Id,
    scope: PreferenceScope,
    scopeId: z.string().describe('The id of the company, project, agent, task or person.'),
    key: z.string(),
    value: Value,
    version: z.number().int(),
    createdAt: IsoTime,
    updatedAt: IsoTime,
  })
  .meta({ id: 'Preference' })
export type Preference = z.infer<typeof Preference>

export const EffectivePreference = z
  .object({
    key: z.string(),
    value: Value,
    from: z.object({ scope: PreferenceScope, id: z.string() }).describe('Whose preference decided.'),
  })
  .meta({ id: 'EffectivePreference' })
export type EffectivePreference = z.infer<typeof EffectivePreference>

export const ScopeId = z.string().min(1).max(200)
