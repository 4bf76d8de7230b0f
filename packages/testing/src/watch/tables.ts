/**
 * What each table of Engine is to the promise that no change goes without an entry (PROMISES P11).
 *
 * - `domain` a change of its rows stands in the log
 * - `log` the log itself: rows are added, never changed
 * - otherwise the reason why it may change without an entry
 */
type Part = 'domain' | 'log' | { readonly bookkeeping: string }

export interface Table {
  readonly part: Part
  /** Whether its rows belong to a company and say to which. */
  readonly isScoped: boolean
}

const migrated = { bookkeeping: 'which migrations were applied; a database has it before it has a company' }
const instance = { bookkeeping: 'which database this is; it belongs to no company' }

export const tables: Readonly<Record<string, Table>> = {
  companies: { part: 'domain', isScoped: false },
  // Of no company: what a person may do in one is in `members`.
  users: { part: 'domain', isScoped: false },
  // Of no company either, with a log of their own.
  accounts: { part: 'domain', isScoped: false },
  sessions: { part: 'domain', isScoped: false },
  account_links: { part: 'domain', isScoped: false },
  account_events: { part: 'log', isScoped: false },
  login_attempts: {
    part: { bookkeeping: 'how often somebody tried in vain; a try that says something stands in the log' },
    isScoped: false,
  },
  members: { part: 'domain', isScoped: true },
  invites: { part: 'domain', isScoped: true },
  keys: { part: 'domain', isScoped: true },
  agent_revisions: { part: 'domain', isScoped: true },
  projects: { part: 'domain', isScoped: true },
  sprints: { part: 'domain', isScoped: true },
  labels: { part: 'domain', isScoped: true },
  task_labels: { part: 'domain', isScoped: true },
  routing_rules: { part: 'domain', isScoped: true },
  routes: { part: 'domain', isScoped: true },
  route_events: { part: 'domain', isScoped: true },
  deliveries: { part: { bookkeeping: 'what is still to be sent of the log; how each ends is told' }, isScoped: true },
  delivery_attempts: { part: { bookkeeping: 'the tries of deliveries: a log of its own' }, isScoped: true },
  routines: { part: 'domain', isScoped: true },
  routine_triggers: { part: 'domain', isScoped: true },
  routine_fires: { part: 'domain', isScoped: true },
  documents: { part: 'domain', isScoped: true },
  document_revisions: { part: 'domain', isScoped: true },
  assets: { part: 'domain', isScoped: true },
  attachments: { part: 'domain', isScoped: true },
  approvals: { part: 'domain', isScoped: true },
  budgets: { part: 'domain', isScoped: true },
  budget_incidents: { part: 'domain', isScoped: true },
  budget_stops: { part: 'domain', isScoped: true },
  budget_periods: { part: { bookkeeping: 'sums of what was spent and is held; each cost stands in the log' }, isScoped: true },
  budget_holds: { part: { bookkeeping: 'parts of a limit that are set aside until it is known what was spent' }, isScoped: true },
  budget_hold_lines: { part: { bookkeeping: 'what a hold takes of each budget; it changes with the hold' }, isScoped: true },
  interactions: { part: 'domain', isScoped: true },
  cost_events: { part: 'domain', isScoped: true },
  cost_totals: { part: { bookkeeping: 'sums of what cost events say; they change with them' }, isScoped: true },
  session_charges: {
    part: { bookkeeping: 'how far the counters of a conversation are charged; what was charged stands in the log' },
    isScoped: true,
  },
  knowledge_entries: { part: 'domain', isScoped: true },
  knowledge_tags: { part: 'domain', isScoped: true },
  knowledge_vectors: { part: { bookkeeping: 'made of the texts of entries, whose changes stand in the log' }, isScoped: true },
  plugins: { part: 'domain', isScoped: true },
  plugin_migrations: { part: { bookkeeping: 'which migrations of plugins were applied; they are of no company' }, isScoped: false },
  plugin_subscriptions: { part: { bookkeeping: 'how far the log was looked through; it is of no company' }, isScoped: false },
  plugin_cursors: { part: { bookkeeping: 'how far a plugin is with the log; that it was parked stands in the log' }, isScoped: true },
  plugin_jobs: { part: { bookkeeping: 'when jobs of plugins are due; they are of no company' }, isScoped: false },
  plugin_state: { part: { bookkeeping: 'what plugins keep for themselves; what they do to others stands in the log' }, isScoped: true },
  plugin_logs: { part: { bookkeeping: 'what plugins say is a log of its own, of which the newest are kept' }, isScoped: true },
  preferences: { part: 'domain', isScoped: true },
  prices: { part: 'domain', isScoped: true },
  secrets: { part: 'domain', isScoped: true },
  secret_versions: { part: 'domain', isScoped: true },
  secret_uses: { part: 'domain', isScoped: true },
  secret_accesses: { part: { bookkeeping: 'which runs got which value: a log of its own, of which the newest are kept' }, isScoped: true },
  search_entries: { part: { bookkeeping: 'the words of things whose changes stand in the log; they change with them' }, isScoped: true },
  agents: { part: 'domain', isScoped: true },
  goals: { part: 'domain', isScoped: true },
  tasks: { part: 'domain', isScoped: true },
  task_blockers: { part: 'domain', isScoped: true },
  runs: { part: 'domain', isScoped: true },
  breakers: { part: 'domain', isScoped: true },
  leases: { part: 'domain', isScoped: true },
  comments: { part: 'domain', isScoped: true },
  comment_mentions: { part: 'domain', isScoped: true },
  deliverables: { part: 'domain', isScoped: true },
  reviews: { part: 'domain', isScoped: true },
  workers: {
    part: { bookkeeping: 'which processes execute runs; they belong to no company, and a row says who changed it' },
    isScoped: false,
  },
  node_keys: {
    part: { bookkeeping: 'what machines register with; they belong to no company, and a row says who made it' },
    isScoped: false,
  },
  events: { part: 'log', isScoped: true },
  seals: { part: { bookkeeping: 'hashes of the log, which are added after it; they say nothing of their own' }, isScoped: true },
  run_log: { part: { bookkeeping: 'what a run prints is a log of its own, with its own sequence' }, isScoped: true },
  run_callbacks: {
    part: { bookkeeping: 'what agents called back, until it is read and forgotten; that they did stands in the log' },
    isScoped: true,
  },
  agent_sessions: {
    part: { bookkeeping: 'what an adapter goes on from; the end of the run that left it stands in the log' },
    isScoped: true,
  },
  company_counters: { part: { bookkeeping: 'sums of what the log says; they change with it' }, isScoped: true },
  idempotency_records: { part: { bookkeeping: "answers kept for repeats; their scope names the caller's company" }, isScoped: false },
  engine_migrations: { part: migrated, isScoped: false },
  engine_identity: { part: instance, isScoped: false },
  engine_instance: { part: instance, isScoped: false },
}

/** What a plugin makes begins with `p_` and its id, and is of the business like everything else. */
export function tableCalled(name: string): Table | undefined {
  return tables[name] ?? (/^p_[a-z0-9]+_/.test(name) ? { part: 'domain', isScoped: true } : undefined)
}

/** Writes of domain tables that are none of the business, and what a log may lose; with `pattern`, only statements like that. */
export const quietWrites: readonly QuietWrite[] = [
  {
    table: 'keys',
    verb: 'update',
    pattern: /^update \S+ set "?last_used_at"? = [^,]+ where /,
    reason: 'when a key was last used is noted once a minute at most, and changes nothing that it may do',
  },
  {
    table: 'sessions',
    verb: 'update',
    reason: 'when a session was last used is noted once a minute at most; it begins by insert and ends by delete',
  },
  {
    table: 'account_events',
    verb: 'delete',
    reason: 'who logged in from where is kept for as long as the host says; it is of no company and not sealed',
  },
  {
    table: 'leases',
    verb: 'update',
    reason: 'a lease is renewed, or locked by writing its fence over itself; it begins by insert and ends by delete',
  },
  {
    table: 'routine_triggers',
    verb: 'update',
    pattern: /^update \S+ set "?next_at"? = [^,]+ where /,
    reason: 'a time that passes while nothing may fire; what does fire stands in the log',
  },
  {
    table: 'agents',
    verb: 'update',
    pattern: /^update \S+ set "?live_runs"? = [^,]+ where /,
    reason: 'the number of its leases, which a repair may have to correct',
  },
]

interface QuietWrite {
  readonly table: string
  readonly verb: Verb
  readonly pattern?: RegExp
  readonly reason: string
}

export type Verb = 'insert' | 'update' | 'delete'

/** A transaction that applies a migration: what it does to rows is written in the migration. */
export const migrationTable = 'engine_migrations'
