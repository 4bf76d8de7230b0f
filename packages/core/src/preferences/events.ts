import { z } from 'zod'

import { PreferenceScope } from './schema.ts'

const about = z.object({ scope: PreferenceScope, scopeId: z.string(), key: z.string() })

/** Values are in the preferences only, as events go to whoever subscribes to them. */
export const preferenceEvents = {
  'preference.set': about,
  'preference.unset': about,
}
