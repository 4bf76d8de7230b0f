import { scriptedAdapter } from '@engine/testing'

/** A model whose price is known to everybody: three dollars for a million tokens in, fifteen for a million out. */
export const priced = { provider: 'anthropic', model: 'claude-sonnet-4-5' } as const
export const unpriced = { provider: 'nobody', model: 'no-such-model' } as const

/** An adapter that asks before each call. */
export const metered = () => scriptedAdapter({ type: 'metered', metering: 'call' })
