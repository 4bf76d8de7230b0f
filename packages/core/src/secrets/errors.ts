import { defineErrors } from '../kernel/errors.ts'

export const secretErrors = defineErrors({
  secret_in_use: {
    kind: 'conflict',
    cause: 'Agents, projects or routes name the secret.',
    help: 'Take it out of the places in `uses` first, or disable it.',
  },
})
