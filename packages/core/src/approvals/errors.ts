import { defineErrors } from '../kernel/errors.ts'

export const approvalErrors = defineErrors({
  approval_pending: {
    kind: 'conflict',
    cause: 'The same thing was asked for before, and is not decided.',
    help: 'One request about this waits already; `approvalId` names it. Wait for its decision, or cancel it.',
  },
  payload_changed: {
    kind: 'conflict',
    cause: 'The payload whose hash was sent is not the one that waits for a decision.',
    help: 'It was resubmitted since you read it. Read it again, and approve with the payloadHash of what you read.',
  },
})
