import { codeOf, messageOf } from '../kernel/failure.ts'
import { probesRun } from './breakers.ts'
import { heldIsWhatIsOpen, openHoldsAreOfRunningRuns } from './budgets.ts'
import type { Check, View, Violation } from './check.ts'
import { costTotalsAddUpCosts, runsAddUpTheirCosts } from './costs.ts'
import { rowsAreAtTheirNewestEvent, versionsGrowWithEvents } from './events.ts'
import { countersCountTasks, liveRunsCountLeases } from './figures.ts'
import { leasesFitTheirRuns, leasesFitTheirTasks, noLeaseIsOverdue, oneLeaseATask } from './leases.ts'
import {
  attemptsStayWithinLimits,
  endedTasksHaveNoLiveRun,
  fencesAreUsedOnce,
  noFenceIsAboveItsTasks,
  runningRunsAreLeased,
  waitingRunsWaitForSomething,
} from './runs.ts'
import { eventsMatchTheirSeals } from './seals.ts'
import {
  blockersFormNoCycle,
  checkoutsAreOfTasksInProgress,
  deletedTasksHaveEnded,
  endedTasksHaveTheirTimes,
  heldTasksAreNotLeased,
  tasksHaveOneAssignee,
  tasksInProgressAreLeased,
} from './tasks.ts'

export interface CheckResult {
  /** The invariant, such as `one_lease_a_task`. */
  readonly name: string
  readonly isHeld: boolean
  /** How many violations there are. */
  readonly count: number
  /** The first few of them. */
  readonly violations: readonly Violation[]
}

export interface VerificationReport {
  readonly checks: readonly CheckResult[]
  readonly isSound: boolean
}

/** Every invariant that can be read off the rows, by its name. */
const checksOfRows: Readonly<Record<string, Check>> = {
  one_lease_a_task: oneLeaseATask,
  leases_fit_their_tasks: leasesFitTheirTasks,
  leases_fit_their_runs: leasesFitTheirRuns,
  tasks_in_progress_are_leased: tasksInProgressAreLeased,
  checkouts_are_of_tasks_in_progress: checkoutsAreOfTasksInProgress,
  ended_tasks_have_their_times: endedTasksHaveTheirTimes,
  deleted_tasks_have_ended: deletedTasksHaveEnded,
  tasks_have_one_assignee: tasksHaveOneAssignee,
  held_tasks_are_not_leased: heldTasksAreNotLeased,
  blockers_form_no_cycle: blockersFormNoCycle,
  running_runs_are_leased: runningRunsAreLeased,
  waiting_runs_wait_for_something: waitingRunsWaitForSomething,
  ended_tasks_have_no_live_run: endedTasksHaveNoLiveRun,
  no_fence_is_above_its_tasks: noFenceIsAboveItsTasks,
  fences_are_used_once: fencesAreUsedOnce,
  attempts_stay_within_limits: attemptsStayWithinLimits,
  probes_run: probesRun,
  live_runs_count_leases: liveRunsCountLeases,
  cost_totals_add_up_costs: costTotalsAddUpCosts,
  runs_add_up_their_costs: runsAddUpTheirCosts,
  counters_count_tasks: countersCountTasks,
  held_is_what_is_open: heldIsWhatIsOpen,
  open_holds_are_of_running_runs: openHoldsAreOfRunningRuns,
  versions_grow_with_events: versionsGrowWithEvents,
  rows_are_at_their_newest_event: rowsAreAtTheirNewestEvent,
  events_match_their_seals: eventsMatchTheirSeals,
}

function checksFor({ overdueMs, file }: View): Readonly<Record<string, Check>> {
  return {
    ...checksOfRows,
    ...(overdueMs !== null && { no_lease_is_overdue: noLeaseIsOverdue }),
    ...(file && { file_is_whole: fileIsWhole }),
  }
}

/** How many violations of one check a report shows. */
const shown = 5

/** Told how many of all checks are done: of none at first. */
export type OnCheck = (done: number, all: number) => void

/** Runs every check on a database that may be in use. Reads only. */
export async function verify(view: View, onCheck?: OnCheck): Promise<VerificationReport> {
  const results: CheckResult[] = []
  const checks = Object.entries(checksFor(view))
  for (const [name, check] of checks) {
    onCheck?.(results.length, checks.length)
    results.push(await runCheck(name, { check, view }))
  }
  return { checks: results, isSound: results.every((result) => result.isHeld) }
}

async function runCheck(name: string, { check, view }: { check: Check; view: View }): Promise<CheckResult> {
  const violations: Violation[] = []
  let count = 0
  for await (const violation of orDamage(check(view))) {
    count += 1
    if (count <= shown) violations.push(violation)
  }
  return { name, isHeld: count === 0, count, violations }
}

/** A check that the database is too damaged for is one that does not hold; the others may still say something. */
async function* orDamage(violations: AsyncIterable<Violation>): AsyncGenerator<Violation> {
  try {
    yield* violations
  } catch (error) {
    if (!/^(SQLITE_CORRUPT|XX00[12]$)/.test(codeOf(error))) throw error
    yield { companyId: null, entity: 'database', id: '', problem: `it is damaged where this is looked for: ${messageOf(error)}` }
  }
}

/** SQLite finds nothing broken in the file, and no row refers to one that is not there. */
async function* fileIsWhole({ file }: View): AsyncGenerator<Violation> {
  for (const problem of (await file?.findDamage()) ?? []) yield { companyId: null, entity: 'file', id: '', problem }
}
