import { defineErrors } from '../kernel/errors.ts'

export const breakerErrors = defineErrors({
  adapter_cooling: {
    kind: 'conflict',
    cause: 'The provider refused or failed so often that it is left alone for a while.',
    help: 'Nothing starts at the providers in `cooling` before the time that stands there; the run stays queued and starts by itself.',
  },
})
