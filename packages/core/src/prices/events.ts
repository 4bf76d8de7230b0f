import { z } from 'zod'

const about = z.object({ provider: z.string(), model: z.string(), effectiveFrom: z.string() })

export const priceEvents = {
  'price.set': about,
  'price.removed': about,
}
