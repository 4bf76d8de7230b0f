import { z } from 'zod'

const target = { agentId: z.string().nullable(), projectId: z.string().nullable() }

/** Names and numbers; no event has a value. */
export const secretEvents = {
  'secret.created': z.object({ name: z.string() }),
  'secret.updated': z.object({ name: z.string(), changed: z.array(z.string()) }),
  /** `number` is that of the new value. */
  'secret.rotated': z.object({ name: z.string(), number: z.number() }),
  /** Without agent and project it is about the whole company; `as` is the name of the variable. */
  'secret.bound': z.object({ name: z.string(), ...target, as: z.string() }),
  'secret.unbound': z.object({ name: z.string(), ...target, as: z.string() }),
  'secret.version_destroyed': z.object({ name: z.string(), number: z.number() }),
  'secret.deleted': z.object({ name: z.string() }),
}
