import { defineErrors } from '../kernel/errors.ts'

export const approvalErrors = defineErrors({
  approval_pending: {
    kind: 'conflict',
    help: 'One request about this waits already; `approvalId` names it. Wait for its decision, or cancel it.',
  },
  payload_changed: {
    kind: 'conflict',
    help: 'It was resubmitted since you read it. Read it again, and approve with the payloadHash of what you read.',
  },
})
