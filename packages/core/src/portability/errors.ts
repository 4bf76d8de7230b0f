import { defineErrors } from '../kernel/errors.ts'

export const portabilityErrors = defineErrors({
  import_changed: {
    kind: 'conflict',
    cause: 'Between the preview and the import something changed on which the result depends.',
    help: 'What the import would do is not what its preview showed: the package, the company or `collisions` is another now. Ask for a preview again and say its `hash`.',
  },
})
