import { z } from 'zod'

const Amount = z.number().int().nullable()

/** What a run may use by what is held for it; null where nothing limits it, or where each call is asked for. */
export const Allowance = z.object({ holdId: z.string().nullable(), costMicros: Amount, tokens: Amount, wallMs: Amount })
export type Allowance = z.output<typeof Allowance>
