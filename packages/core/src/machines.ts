import { agentMachine } from './agents/machine.ts'
import { approvalMachine } from './approvals/machine.ts'
import { breakerMachine } from './breakers/machine.ts'
import { budgetIncidentMachine } from './budgets/machine.ts'
import { companyMachine } from './companies/machine.ts'
import { deliverableMachine } from './deliverables/machine.ts'
import { deliveryMachine } from './deliveries/machine.ts'
import { goalMachine } from './goals/machine.ts'
import { interactionMachine } from './interactions/machine.ts'
import { inviteMachine } from './invites/machine.ts'
import type { Machine } from './kernel/machine.ts'
import { memberMachine } from './members/machine.ts'
import { pluginMachine } from './plugins/machine.ts'
import { projectMachine } from './projects/machine.ts'
import { routineMachine } from './routines/machine.ts'
import { runMachine } from './runs/machine.ts'
import { secretMachine, secretVersionMachine } from './secrets/machine.ts'
import { sprintMachine } from './sprints/machine.ts'
import { taskMachine } from './tasks/machine.ts'
import { workerMachine } from './workers/machine.ts'

/** Every state machine that there is, in the order in which the docs show them. */
export const machines: readonly Machine<string, string>[] = [
  companyMachine,
  memberMachine,
  inviteMachine,
  agentMachine,
  breakerMachine,
  goalMachine,
  projectMachine,
  sprintMachine,
  taskMachine,
  runMachine,
  interactionMachine,
  deliverableMachine,
  approvalMachine,
  budgetIncidentMachine,
  deliveryMachine,
  routineMachine,
  secretMachine,
  secretVersionMachine,
  pluginMachine,
  workerMachine,
]
