import { sql, type Kysely } from 'kysely'
import type { z } from 'zod'

import { tableOf } from '../database/open.ts'
import { rawStatement, statement } from '../database/statement.ts'
import type { Database } from '../database/tables.ts'
import { eventActor } from '../kernel/actor.ts'
import type { Batch, BatchCall, BatchContext, Done } from '../kernel/batch.ts'
import type { AnyEvent } from '../kernel/events.ts'
import { candidates, changes, memberColumns, records, type Claims } from '../tasks/claim-text.ts'
import { newCredential } from './credential.ts'
import { aboutRun, runRef } from './end.ts'
import { mostRuns } from './runaway.ts'
import type { Claim, ClaimedRun } from './schema.ts'
import { toRun, type RunTable } from './table.ts'

type Call = BatchCall<z.output<typeof Claim>>
type Answer = z.output<typeof ClaimedRun>

interface Ordinary {
  id: string
  company_id: string
  task_id: string
  agent_id: string
  agent_version: number
  adapter_type: string
  adapter_config: string
}

/** Queued runs about which nothing has to be decided: their agents have one adapter, and no provider of their company is left alone. */
const ordinaryRuns = statement((db, given: { runs: string }) =>
  rawStatement<Ordinary>(
    db,
    sql<Ordinary>`select r.id, r.company_id, r.task_id, r.agent_id, a.version as agent_version, a.adapter_type, a.adapter_config
      from ${tableOf(db, 'runs')} r join ${tableOf(db, 'agents')} a on a.company_id = r.company_id and a.id = r.agent_id
      where r.id = any(array(select value::uuid from jsonb_array_elements_text(${given.runs}::jsonb)))
        and r.status = 'queued' and r.fence is null and a.profiles = '{}' and a.fallbacks = '[]'
        and not exists (select from ${tableOf(db, 'breakers')} b where b.company_id = r.company_id and b.status <> 'closed')`,
  ),
)

type Claimed = RunTable & { place: number; task_version: number; claimed_seq: number; started_seq: number }

/** Starts queued runs on a worker. Tasks that were checked out often may go in circles: that is found out one by one. */
const claimAll = statement((db, given: Claims) =>
  rawStatement<Claimed>(
    db,
    sql<Claimed>`with ${members(db, given)}, ${candidates(db)}, ${changes(db, given)}, ${startedRuns(db, given)}, ${records(db, given)}
      select run.*, t.place, t.version as task_version, t.claimed_seq, t.started_seq from run join task t on t.checkout_run_id = run.id`,
  ),
)

function members(db: Kysely<Database>, given: Claims) {
  const [tasks, runs, agents] = [tableOf(db, 'tasks'), tableOf(db, 'runs'), tableOf(db, 'agents')]
  return sql`member as materialized (
      select m.* from jsonb_to_recordset(${given.members}::jsonb) as m (${memberColumns}, company uuid, "agentVersion" bigint, adapter text, provider text)
      join ${runs} r on r.id = m.run and r.company_id = m.company
      where r.id = any(array(select run from jsonb_to_recordset(${given.members}::jsonb) as k (run uuid)))
        and r.status = 'queued' and r.fence is null and r.version = (select s.version from ${runs} s where s.id = r.id)
        and exists (select from ${agents} a where a.company_id = m.company and a.id = m.agent and a.version = m."agentVersion")
        and exists (select from ${tasks} t where t.company_id = m.company and t.id = m.task and t.status = 'todo'
          and t.assignee_agent_id = m.agent and t.fence < ${sql.lit(mostRuns)})
      for no key update of r skip locked
    )`
}

function startedRuns(db: Kysely<Database>, given: Claims) {
  return sql`run as (
      update ${tableOf(db, 'runs')} r set status = 'running', fence = t.fence, worker_id = t.worker, credential_hash = t.hash,
        adapter_type = m.adapter, adapter_provider = m.provider, adapter_place = 'own', adapter_reason = 'first_choice',
        started_at = ${given.now}::timestamptz, updated_at = ${given.now}::timestamptz, version = r.version + 1
      from task t join member m on m.run = t.checkout_run_id
      where r.id = any(array(select run from candidate)) and r.id = t.checkout_run_id
      returning r.*
    )`
}

/** Many claims by the same process as one statement, after a look at who is to execute them. */
export const claimBatch: Batch<z.output<typeof Claim>, Answer> = {
  key: (input, actor) => (actor.kind === 'system' && input.adapters === undefined ? '' : null),
  async run(context, calls) {
    const members = await memberList(context, calls)
    const done = calls.map((): Done<Answer> | null => null)
    if (members.length === 0) return done
    const rows = await claimAll(context.db, {
      members: JSON.stringify(members.map(({ member }) => member)),
      now: context.now,
      epoch: context.epoch,
      leaseMs: context.settings.leaseMs,
    })
    const byPlace = new Map(members.map((entry) => [entry.member.place, entry]))
    for (const { place, task_version: taskVersion, claimed_seq: claimed, started_seq: started, ...run } of rows) {
      const entry = byPlace.get(place)
      if (entry) done[place] = answerOf(context, { ...entry, run, taskVersion, claimed, started })
    }
    return done
  },
}

type Entry = Awaited<ReturnType<typeof memberList>>[number]

async function memberList(context: BatchContext, calls: readonly Call[]) {
  const places = new Map(calls.map(({ input }, place) => [input.runId.toLowerCase(), place]))
  const runs = await ordinaryRuns(context.db, { runs: JSON.stringify([...places.keys()]) })
  const { adapters, newId } = context
  return runs.flatMap((run) => {
    const place = places.get(run.id)
    const call = place === undefined ? undefined : calls[place]
    if (place === undefined || !call || !adapters.types.includes(run.adapter_type)) return []
    const { credential, hash } = newCredential()
    const { kind, id } = eventActor(call.actor)
    const member = {
      place,
      task: run.task_id,
      agent: run.agent_id,
      run: run.id,
      hash,
      worker: call.input.workerId,
      assigned: null,
      claimed: newId(),
      started: newId(),
      actorKind: kind,
      actorId: id,
      requestId: call.requestId,
      companies: null,
      company: run.company_id,
      agentVersion: run.agent_version,
      adapter: run.adapter_type,
      provider: adapters.providerOf(run.adapter_type, JSON.parse(run.adapter_config)),
    }
    return [{ member, call, credential }]
  })
}

interface Begun extends Entry {
  readonly run: RunTable
  readonly taskVersion: number
  /** The places of its events in the log. */
  readonly claimed: number
  readonly started: number
}

/** What a call is told, and the events that were recorded for it. Pure. */
function answerOf({ now }: BatchContext, { run, taskVersion, member, call, credential, ...seqs }: Begun): Done<Answer> {
  const { agent: agentId, worker: workerId, adapter: adapterType } = member
  const fence = run.fence ?? 0
  const envelope = { companyId: run.company_id, actor: eventActor(call.actor), requestId: call.requestId, at: now }
  const events: AnyEvent[] = [
    {
      ...envelope,
      id: member.claimed,
      seq: seqs.claimed,
      type: 'task.claimed',
      entity: { type: 'task', id: run.task_id, version: taskVersion },
      data: { runId: run.id, agentId, fence, from: 'todo' },
    },
    {
      ...envelope,
      id: member.started,
      seq: seqs.started,
      type: 'run.started',
      entity: runRef(run),
      data: { ...aboutRun(run), fence, workerId, adapterType },
    },
  ]
  return { output: { run: toRun(run), credential }, events }
}
