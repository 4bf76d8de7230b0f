import type { GeneratedAlways } from 'kysely'

import type { AccountEventTable, AccountLinkTable, AccountTable, LoginAttemptTable } from '../accounts/table.ts'
import type { AgentRevisionTable, AgentTable } from '../agents/table.ts'
import type { ApprovalTable } from '../approvals/table.ts'
import type { AssetTable, AttachmentTable } from '../attachments/table.ts'
import type { SealTable } from '../audit/table.ts'
import type { BreakerTable } from '../breakers/table.ts'
import type {
  BudgetHoldLineTable,
  BudgetHoldTable,
  BudgetIncidentTable,
  BudgetPeriodTable,
  BudgetStopTable,
  BudgetTable,
} from '../budgets/table.ts'
import type { CommentMentionTable, CommentTable } from '../comments/table.ts'
import type { CompanyTable } from '../companies/table.ts'
import type { CostEventTable, CostTotalTable, SessionChargeTable } from '../costs/table.ts'
import type { DeliveryAttemptTable, DeliveryTable } from '../deliveries/table.ts'
import type { DeliverableTable, ReviewTable } from '../deliverables/table.ts'
import type { DocumentRevisionTable, DocumentTable } from '../documents/table.ts'
import type { GoalTable } from '../goals/table.ts'
import type { InteractionTable } from '../interactions/table.ts'
import type { InviteTable } from '../invites/table.ts'
import type { KeyTable } from '../keys/table.ts'
import type { KnowledgeEntryTable, KnowledgeTagTable, KnowledgeVectorTable } from '../knowledge/table.ts'
import type { LabelTable, TaskLabelTable } from '../labels/table.ts'
import type { MemberTable, UserTable } from '../members/table.ts'
import type { NodeKeyTable } from '../nodes/table.ts'
import type {
  PluginCursorTable,
  PluginJobTable,
  PluginLogTable,
  PluginMigrationTable,
  PluginStateTable,
  PluginSubscriptionTable,
  PluginTable,
} from '../plugins/table.ts'
import type { PreferenceTable } from '../preferences/table.ts'
import type { PriceTable } from '../prices/table.ts'
import type { ProjectTable } from '../projects/table.ts'
import type { RouteEventTable, RouteTable } from '../routes/table.ts'
import type { RoutineFireTable, RoutineTable, RoutineTriggerTable } from '../routines/table.ts'
import type { RoutingRuleTable } from '../routing/table.ts'
import type { AgentSessionTable, LeaseTable, RunCallbackTable, RunLogTable, RunTable } from '../runs/table.ts'
import type { SearchEntryTable } from '../search/table.ts'
import type { SecretAccessTable, SecretTable, SecretUseTable, SecretVersionTable } from '../secrets/table.ts'
import type { SprintTable } from '../sprints/table.ts'
import type { SessionTable } from '../sessions/table.ts'
import type { TaskStatus } from '../tasks/schema.ts'
import type { TaskBlockerTable, TaskTable } from '../tasks/table.ts'
import type { WorkerTable } from '../workers/table.ts'

/** Every table of Engine. JSON columns hold JSON text, times hold ISO-8601 text, on every database. */
export interface Database {
  companies: CompanyTable
  users: UserTable
  accounts: AccountTable
  sessions: SessionTable
  account_links: AccountLinkTable
  login_attempts: LoginAttemptTable
  account_events: AccountEventTable
  members: MemberTable
  invites: InviteTable
  keys: KeyTable
  agents: AgentTable
  agent_revisions: AgentRevisionTable
  goals: GoalTable
  tasks: TaskTable
  task_blockers: TaskBlockerTable
  task_labels: TaskLabelTable
  projects: ProjectTable
  sprints: SprintTable
  labels: LabelTable
  routing_rules: RoutingRuleTable
  routes: RouteTable
  route_events: RouteEventTable
  deliveries: DeliveryTable
  delivery_attempts: DeliveryAttemptTable
  routines: RoutineTable
  routine_triggers: RoutineTriggerTable
  routine_fires: RoutineFireTable
  runs: RunTable
  leases: LeaseTable
  run_log: RunLogTable
  run_callbacks: RunCallbackTable
  agent_sessions: AgentSessionTable
  breakers: BreakerTable
  comments: CommentTable
  comment_mentions: CommentMentionTable
  deliverables: DeliverableTable
  reviews: ReviewTable
  documents: DocumentTable
  document_revisions: DocumentRevisionTable
  assets: AssetTable
  attachments: AttachmentTable
  approvals: ApprovalTable
  cost_events: CostEventTable
  cost_totals: CostTotalTable
  session_charges: SessionChargeTable
  budgets: BudgetTable
  budget_periods: BudgetPeriodTable
  budget_holds: BudgetHoldTable
  budget_hold_lines: BudgetHoldLineTable
  budget_stops: BudgetStopTable
  budget_incidents: BudgetIncidentTable
  interactions: InteractionTable
  knowledge_entries: KnowledgeEntryTable
  knowledge_tags: KnowledgeTagTable
  knowledge_vectors: KnowledgeVectorTable
  plugins: PluginTable
  plugin_migrations: PluginMigrationTable
  plugin_subscriptions: PluginSubscriptionTable
  plugin_cursors: PluginCursorTable
  plugin_jobs: PluginJobTable
  plugin_state: PluginStateTable
  plugin_logs: PluginLogTable
  preferences: PreferenceTable
  prices: PriceTable
  secrets: SecretTable
  secret_versions: SecretVersionTable
  secret_uses: SecretUseTable
  secret_accesses: SecretAccessTable
  search_entries: SearchEntryTable
  events: EventTable
  seals: SealTable
  workers: WorkerTable
  node_keys: NodeKeyTable
  idempotency_records: IdempotencyTable
  engine_identity: IdentityTable
  engine_instance: InstanceView
  company_counters: CompanyCounterTable
  engine_migrations: MigrationTable
}

export interface EventTable {
  seq: GeneratedAlways<number>
  /** The life of the database that it was written in; see engine_identity. */
  epoch: number
  id: string
  company_id: string
  type: string
  actor_kind: 'system' | 'user' | 'agent'
  actor_id: string
  run_id: string | null
  entity_type: string
  entity_id: string
  entity_version: number
  data: string
  request_id: string | null
  at: string
}

/** One row: which database this was when it was last opened, and its present life. */
interface IdentityTable {
  id: number
  epoch: number
  /** The cluster, on Postgres; and what a copy is marked with. */
  identity: string
  database_id: number
  table_id: number
}

/** The present life, shown only where the database was last opened. */
interface InstanceView {
  epoch: number
}

/** Tasks of a company by status, in several rows whose sum counts. */
type CompanyCounterTable = { company_id: string; shard: number } & Record<TaskStatus, number>

interface IdempotencyTable {
  scope: string
  key_hash: string
  input_hash: string
  sealed_output: string
  created_at: string
}

interface MigrationTable {
  position: number
  id: string
  checksum: string
  applied_at: string
}
