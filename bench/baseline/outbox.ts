import type { Client } from 'pg'

import { newId } from '../lib/id.ts'
import { namedStatement } from '../lib/named-statement.ts'

export const batch = 100

const leaseMs = 60_000

/** What is taken, with all that is sent of it. */
const take = namedStatement(
  'take deliveries',
  `with found as (
    select id from engine.deliveries
    where company_id = {companyId:uuid} and route_id = {routeId:uuid} and next_at <= (select clock_timestamp())
      and (claimed_until is null or claimed_until <= (select clock_timestamp()))
    order by next_at, event_seq limit ${batch} for no key update skip locked
  ), taken as (
    update engine.deliveries d set claimed_until = clock_timestamp() + {leaseMs:bigint} * interval '1 millisecond', claimed_at = {now:timestamptz},
      fence = fence + 1, attempts = attempts + 1, tries = tries + 1, tried_since = coalesce(tried_since, {now:timestamptz}), updated_at = {now:timestamptz}
    from found where d.company_id = {companyId:uuid} and d.id = found.id
    returning d.id, d.event_seq
  )
  select taken.id, e.id as event_id, e.type, e.at, e.actor_kind, e.actor_id, e.run_id, e.entity_type, e.entity_id, e.entity_version, e.data, t.identifier,
    t.title, t.status, t.priority, t.tags, t.project_id, t.assignee_agent_id, t.context
  from taken join engine.events e on e.company_id = {companyId:uuid} and e.seq = taken.event_seq
    left join engine.tasks t on t.company_id = {companyId:uuid} and t.id = e.entity_id`,
)

/** That they arrived, and the event of each. */
const settle = namedStatement(
  'settle deliveries',
  `with settled as (
    update engine.deliveries d set status = 'delivered', next_at = null, claimed_until = null, ended_at = {now:timestamptz},
      updated_at = {now:timestamptz}, last_try = jsonb_build_object('number', attempts, 'result', 'delivered', 'responseStatus', null, 'reason', null,
        'response', null, 'startedAt', {startedAt:text}, 'endedAt', {endedAt:text})
    from unnest({ids:_uuid}, {eventIds:_uuid}) as n (id, told_id)
    where d.company_id = {companyId:uuid} and d.id = n.id
    returning d.id, d.fence, d.route_id, d.event_id, d.event_type, d.attempts, n.told_id
  )
  insert into engine.events (id, epoch, company_id, type, actor_kind, actor_id, entity_type, entity_id, entity_version, data, at)
  select told_id, {epoch:bigint}, {companyId:uuid}, 'delivery.delivered', 'system', 'system', 'delivery', id, fence,
    jsonb_build_object('routeId', route_id, 'eventId', event_id, 'eventType', event_type, 'attempts', attempts, 'responseStatus', null), {now:timestamptz}
  from settled`,
)

/** Drains an outbox of one route to nowhere, as one writes it by hand: it knows that nothing fails, and that nothing waits behind anything. */
export async function drainByHand(
  client: Client,
  { operations, ...given }: { companyId: string; routeId: string; epoch: number; operations: number },
): Promise<void> {
  for (let left = operations; left > 0; left -= batch) {
    const now = new Date().toISOString()
    const taken = await take.run<{ id: string }>(client, { ...given, leaseMs, now })
    if (taken.length < Math.min(batch, left)) throw new Error('the raw twin found nothing more to send')
    const eventIds = taken.map(() => newId(Date.now()))
    await settle.run(client, { ...given, ids: taken.map(({ id }) => id), eventIds, now, startedAt: now, endedAt: now })
  }
}
