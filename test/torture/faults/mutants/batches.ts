import { onPostgres, type Mutant } from '../mutant.ts'

const checkout = 'packages/core/src/tasks/claim-text.ts'

/** Many calls as one statement: its guards are a second copy of the rules. */
export const batches: readonly Mutant[] = [
  {
    name: 'a checkout among many does not compare the version',
    file: checkout,
    find: `        and t.version = (select s.version from \${tasks} s where s.id = t.id)
`,
    replace: ``,
    caughtBy: { file: 'test/batch-facts.test.ts', test: 'goes by what is true when it takes the task' },
  },
  {
    name: 'a checkout among many does not look whose company it is',
    file: checkout,
    find: `        and (m.companies is null or t.company_id = any(string_to_array(m.companies, ',')::uuid[]))
`,
    replace: ``,
    caughtBy: onPostgres('a call among others has no effect in a company that its actor may not act in'),
  },
  {
    name: 'a creation among many does not look whose company it is',
    file: 'packages/core/src/tasks/create-batch.ts',
    find: `call.companies === 'all' || call.companies.includes(companyId)`,
    replace: `companyId !== ''`,
    caughtBy: onPostgres('a call among others has no effect in a company that its actor may not act in'),
  },
  {
    name: 'a checkout among many starts work in a paused company',
    file: checkout,
    find: `        and company.status = 'active'
`,
    replace: ``,
    caughtBy: onPostgres('a checkout is refused in a paused company'),
  },
  {
    name: 'a checkout among many counts no live runs',
    file: checkout,
    find: `set live_runs = a.live_runs + w.wanted`,
    replace: `set live_runs = a.live_runs`,
    caughtBy: onPostgres('tasks by status and live runs are counted right'),
  },
  {
    name: 'a checkout among many counts no tasks',
    file: checkout,
    find: `        count(*), 0, -count(*) filter (where from_status = 'blocked'), 0, 0`,
    replace: `        0, 0, -count(*) filter (where from_status = 'blocked'), 0, 0`,
    caughtBy: onPostgres('tasks by status and live runs are counted right'),
  },
  {
    name: 'a checkout among many leaves what was queued for others',
    file: checkout,
    find: `        and not exists (select from \${runs} q where q.company_id = t.company_id and q.task_id = t.id and q.status = 'queued'
          and (q.fence is not null or q.agent_id <> coalesce(m.agent, t.assignee_agent_id)))
`,
    replace: ``,
    caughtBy: { file: 'test/batch-facts.test.ts', test: 'takes back what is queued for another agent' },
  },
]
