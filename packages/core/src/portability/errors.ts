import { defineErrors } from '../kernel/errors.ts'

export const portabilityErrors = defineErrors({
  import_changed: {
    kind: 'conflict',
    help: 'What the import would do is not what its preview showed: the package, the company or `collisions` is another now. Ask for a preview again and say its `hash`.',
  },
})
