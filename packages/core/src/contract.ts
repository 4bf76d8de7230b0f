// What a client needs to know: the shapes on the wire and the state machines, nothing that runs.
export { AccountEvent, LoggedIn, PasswordLink, Person, Session } from './accounts/schema.ts'
export { Adapter } from './adapters/schema.ts'
export { Agent, AgentRevision, AgentStatus, AgentTest, ExecutionMode, OrgNode, PauseReason } from './agents/schema.ts'
export { Approval, ApprovalStatus, ApprovalType, ApprovedApproval } from './approvals/schema.ts'
export { Attachment } from './attachments/schema.ts'
export { AuditProblem, AuditProblemKind, AuditStatus, AuditVerification, Seal } from './audit/schema.ts'
export { Breaker, BreakerStatus } from './breakers/schema.ts'
export {
  Budget,
  BudgetIncident,
  BudgetIncidentStatus,
  BudgetMetric,
  BudgetResolution,
  BudgetScope,
  BudgetWindow,
} from './budgets/schema.ts'
export { Comment } from './comments/schema.ts'
export { Company, CompanyStatus } from './companies/schema.ts'
export { BillingType, CostEvent, Spent } from './costs/schema.ts'
export { Deliverable, DeliverableComparison, DeliverableFile, DeliverableStatus, Review, ReviewDecision } from './deliverables/schema.ts'
export { Delivery, DeliveryAttempt, DeliveryStatus } from './deliveries/schema.ts'
export { Document, DocumentHead, DocumentRevision } from './documents/schema.ts'
export { Event } from './events/schema.ts'
export type { Frame, FrameContext, FrameEvent, FrameProblem, FrameTheme, FromFrame, ToFrame } from './frame.ts'
export { Goal, GoalLevel, GoalNode, GoalStatus } from './goals/schema.ts'
export { KnowledgeEntry, KnowledgeFinding, KnowledgeHead } from './knowledge/schema.ts'
export { Label } from './labels/schema.ts'
export {
  KnownPlugin,
  Plugin,
  PluginCapabilities,
  PluginLogEntry,
  PluginSlot,
  PluginSlotName,
  PluginStatus,
  PluginSubscription,
} from './plugins/schema.ts'
export { EffectivePreference, Preference, PreferenceScope } from './preferences/schema.ts'
export { CompanyPrice, FoundPrice, PriceSource } from './prices/schema.ts'
export { Progress } from './projects/progress.ts'
export { Project, ProjectStatus } from './projects/schema.ts'
export { Interaction, InteractionAnswer, InteractionKind, InteractionStatus } from './interactions/schema.ts'
export { Accepted, Invite, InviteStatus, NewInvite } from './invites/schema.ts'
export { Key, NewKey } from './keys/schema.ts'
export { Member, MemberStatus, Role } from './members/schema.ts'
export { RoutingConditions, RoutingDecision, RoutingRule, RoutingStep, RoutingStrategy, TaskMatch } from './routing/schema.ts'
export { Route, RouteConditions, RouteTest } from './routes/schema.ts'
export { failureRules } from './runs/failures.ts'
export type { FailureRule } from './runs/failures.ts'
export { AdapterReason, LogChunk, Run, RunStatus, WakeReason } from './runs/schema.ts'
export { Fire, Routine, RoutineStatus, Trigger, TriggerWithKey } from './routines/schema.ts'
export { Secret, SecretAccess, SecretReference, SecretStatus, SecretUse, SecretVersion } from './secrets/schema.ts'
export { LeasedRun, NewNodeKey, NodeBeat, NodeKey, RegisteredNode } from './nodes/schema.ts'
export { Sprint, SprintProgress, SprintStatus } from './sprints/schema.ts'
export { Task, TaskPriority, TaskStatus } from './tasks/schema.ts'
export { Worker, WorkerStatus } from './workers/schema.ts'
export { agentMachine } from './agents/machine.ts'
export { approvalMachine } from './approvals/machine.ts'
export { breakerMachine } from './breakers/machine.ts'
export { budgetIncidentMachine } from './budgets/machine.ts'
export { companyMachine } from './companies/machine.ts'
export { deliverableMachine } from './deliverables/machine.ts'
export { deliveryMachine } from './deliveries/machine.ts'
export { goalMachine } from './goals/machine.ts'
export { pluginMachine } from './plugins/machine.ts'
export { projectMachine } from './projects/machine.ts'
export { interactionMachine } from './interactions/machine.ts'
export { inviteMachine } from './invites/machine.ts'
export { memberMachine } from './members/machine.ts'
export { routineMachine } from './routines/machine.ts'
export { runMachine } from './runs/machine.ts'
export { secretMachine, secretVersionMachine } from './secrets/machine.ts'
export { sprintMachine } from './sprints/machine.ts'
export { taskMachine } from './tasks/machine.ts'
export { workerMachine } from './workers/machine.ts'
export { machines } from './machines.ts'
export type { Machine } from './kernel/machine.ts'
export type { Api } from './api.ts'
export type { ErrorKind } from './kernel/errors.ts'
export type { AnyEvent } from './kernel/events.ts'
export type { JsonObject } from './kernel/json.ts'
