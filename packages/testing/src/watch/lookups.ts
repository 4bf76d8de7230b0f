/**
 * The statements that may look for rows without naming a company (PROMISES P16), each with its reason. They are compared
 * as a whole, with `?` for every value and without quotes and schema, so that no other statement gets by.
 */
const lookups: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern:
      /^select \* from (agents|tasks|runs|goals|comments|deliverables|members|invites|keys|projects|sprints|labels|routing_rules|routines|routine_triggers|documents|attachments|approvals|secrets|interactions|knowledge_entries|preferences|prices|breakers|cost_events|budgets|budget_incidents|routes|deliveries|plugins) where id = \?( for (share|update|no key update))?$/,
    reason: 'An id is of one row in all companies; the kernel compares the company of the row with what the caller may see.',
  },
  {
    pattern: /^select \* from tasks where identifier = \?$/,
    reason: 'An identifier is of one task in all companies, as an id is.',
  },
  {
    pattern: /^select \* from (keys where hash|invites where token_hash) = \?( for (share|update|no key update))?$/,
    reason: 'A key or the token of an invitation says which company it is of.',
  },
  {
    pattern: /^select .+ from members where user_id = \?.*$/,
    reason: 'A person who signs in is told which companies they are a member of.',
  },
  {
    pattern:
      /^select .+ from sessions inner join accounts on .+ left join members on members.user_id = sessions.user_id .+ where sessions.token_hash (= \?|in \([?, ]+\))$/,
    reason: 'A session is of a person, who may act in each company that they are a member of.',
  },
  {
    pattern: /^select \* from runs where credential_hash = \?$/,
    reason: 'A credential is what says whose call it is; before it is found there is no company to name.',
  },
  {
    pattern: /^(select run_id from leases|update leases set (fence|expires_at) = .+) where run_id = \? and fence = \?( returning \w+)?$/,
    reason: 'A run looks for its own lease by its own id and fence, both of which come from its credential.',
  },
  {
    pattern: /^select \* from leases where run_id = \? and expires_at < .+$/,
    reason: 'A sweep looks again at one lease, whose run was found in the company of the sweep.',
  },
  {
    pattern: /^select run_id, expires_at from leases where expires_at < .+ order by expires_at limit \?$/,
    reason: 'The watchdog looks after all companies; it takes each lease back by a command in the company of its run.',
  },
  {
    pattern: /^select id, company_id from tasks where \(?due_at < .+ order by due_at limit \?$/,
    reason: 'Due dates pass in all companies; each is said by a command in the company of its tasks.',
  },
  {
    pattern:
      /^select id, company_id from interactions where expires_at <= .+ and exists \(select companies.id from companies where companies.id = interactions.company_id .+ order by expires_at limit \?$/,
    reason: 'Questions expire in all companies; each is ended by a command in its company.',
  },
  {
    pattern: /^select id, company_id, next_at from routine_triggers where next_at <= .+ order by next_at limit \?$/,
    reason: 'The times of schedules come in all companies; each is fired by a command in the company of its trigger.',
  },
  {
    pattern: /^with recursive waiting\(route_id\) as .+ from deliveries d where d.route_id = w.route_id and d.next_at <= .+$/,
    reason: 'Deliveries are due in all companies; each is taken by a command in the company of its route.',
  },
  {
    pattern: /^select company_id, adapter_type, provider, case when .+ end as is_due from breakers where status != 'closed'$/,
    reason: 'A worker looks for work in all companies, and leaves out what cools; there are few such rows, and they have an index.',
  },
  {
    pattern: /^select budget_id as id, company_id from budget_stops where ends_at <= .+ order by ends_at limit \?$/,
    reason: 'Periods of budgets end in all companies; work goes on by a command in the company of each.',
  },
  {
    pattern: /^select 'queued_runs' as what, .+ limit 10000\) as cooling group by status$/,
    reason: 'Whoever looks after a process is told how much waits and how much is under way, in all companies together.',
  },
  {
    pattern: /^select run_id from leases where worker_id = \?$/,
    reason: 'A worker asks which runs it still has; it executes the runs of all companies.',
  },
  {
    pattern:
      /^select (\w+\.)?workers\.\*, .+ as is_silent, \(select count\(\*\) as count from leases where leases\.worker_id = cast\(workers\.id as text\)\) as live_runs from workers .+$/,
    reason: 'A worker executes the runs of all companies; whoever looks after it is told how many.',
  },
  {
    pattern:
      /^select \* from events where (\(company_id, seq\) > \(\?, \?\) and company_id <= \? and seq <=|\(company_id, seq\) < \(\?, \?\) and company_id >=|company_id >= \? and company_id <=) \? order by .+$/,
    reason: 'The log of one company, named as both ends of a range, so that Postgres stays in the index of companies.',
  },
  {
    pattern: /^select seq, company_id, type from events where seq > \? and seq <= \? order by seq limit \?$/,
    reason:
      'Plugins are told of the events of all companies; which companies have something new is looked up first, and each is told by statements that name it.',
  },
  {
    pattern: /^select \* from plugin_cursors where next_at <= \? and plugin in \([?, ]+\) order by next_at limit \?$/,
    reason: 'Plugins have something to hear in all companies; each position is claimed by a statement that names its company.',
  },
  {
    pattern: /^select id, company_id, status from plugins where plugin = \?$/,
    reason: 'A plugin that failed too often is stopped wherever it is installed, by a command in the company of each.',
  },
  {
    pattern: /^select seq(, company_id)? from events where (seq > \? and )?seq <= \? order by seq( desc)? limit \?$/,
    reason: 'Events of all companies are sealed; each of them by statements that name its company.',
  },
  {
    pattern: /^select id from events where seq in \([?, ]+\)$/,
    reason: 'A host that committed asks which of its own events are in the log.',
  },
  {
    pattern: /^select (id from \w+ where id > \? order by id limit \? offset \?|.+ where (\w+\.)?id > \? and (\w+\.)?id <= \?.*)$/,
    reason: 'A verification looks at all rows of all companies, range by range.',
  },
  {
    pattern: /^select company_id, task_id, run_id, expires_at from leases where expires_at < .+$/,
    reason: 'A verification looks for leases that nobody took back.',
  },
  {
    pattern: /^update leases set fence = \?, expires_at = \?$/,
    reason: 'A database that was restored is opened: all leases in it are over, those of every company.',
  },
  {
    pattern: /^select company_id, task_id, count\(\*\) as count from leases group by company_id, task_id having count\(\*\) > \?$/,
    reason: 'A verification looks for a second lease of any task.',
  },
  {
    pattern: /^select \* from task_blockers( where .+)? order by company_id, task_id, blocker_id limit \?$/,
    reason: 'A verification follows the blockers of all companies.',
  },
]

/** Why this statement may look for rows of any company; null when it may not. */
export function reasonToNameNoCompany(text: string): string | null {
  const plain = withoutSchema(text.replaceAll('"', '')).replaceAll(/\$\d+/g, '?').replaceAll(/\s+/g, ' ').trim()
  return lookups.find(({ pattern }) => pattern.test(plain))?.reason ?? null
}

function withoutSchema(text: string): string {
  return text.replaceAll(/\b\w+\.(?=\w+\.\w)/g, '').replaceAll(/\b(from|join|update|into) \w+\.(?=\w)/g, '$1 ')
}
