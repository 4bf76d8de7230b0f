import { existsSync, readdirSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { machines } from '../machines.ts'
import { defineMachine } from './machine.ts'
import { assertTransition } from './transition.ts'

const door = defineMachine('door', { open: { closed: ['close'] }, closed: { open: ['open'], locked: ['lock'] }, locked: {} })

describe('a state machine', () => {
  it('knows from where a verb leads to a status', () => {
    expect(door.sources('close', 'closed')).toEqual(['open'])
    expect(door.sources('close', 'locked')).toEqual([])
  })

  it('refuses a move with the wrong verb and names the legal ones', () => {
    expect(() => assertTransition(door, 'closed', { to: 'open', verb: 'lock' })).toThrow(
      /This door is closed; "lock" cannot take it to open\. Legal from closed: open \(open\), locked \(lock\)\./,
    )
  })

  it('says of a final status that it is final', () => {
    expect(() => assertTransition(door, 'locked', { to: 'open', verb: 'open' })).toThrow(/locked is final/)
  })
})

// The moves of DOMAIN §2, written out once more and independently of the tables: `from>to:verb`.
const expected: Record<string, string> = {
  company: 'active>paused:pause active>archived:archive paused>active:resume paused>archived:archive',
  agent:
    'pending_approval>idle:approve pending_approval>terminated:terminate idle>running:claim idle>paused:pause idle>error:settle idle>terminated:terminate ' +
    'running>idle:settle running>error:settle running>paused:pause running>terminated:terminate error>idle:resume error>idle:update error>paused:pause ' +
    'error>terminated:terminate paused>idle:resume paused>terminated:terminate',
  goal: 'planned>active:update active>achieved:update active>cancelled:update',
  task:
    'backlog>todo:update backlog>in_progress:checkout backlog>cancelled:cancel todo>in_progress:checkout todo>backlog:update todo>blocked:block todo>cancelled:cancel ' +
    'in_progress>in_review:submit in_progress>in_review:report in_progress>in_review:update in_progress>todo:release in_progress>todo:recover in_progress>todo:report ' +
    'in_progress>blocked:block in_progress>blocked:report in_progress>blocked:recover in_progress>blocked:ask in_progress>done:complete in_progress>done:report in_progress>cancelled:cancel ' +
    'in_review>todo:review in_review>todo:update in_review>in_progress:checkout in_review>done:review in_review>done:complete in_review>blocked:review in_review>cancelled:review in_review>cancelled:cancel ' +
    'blocked>todo:update blocked>todo:answer blocked>in_progress:checkout blocked>cancelled:cancel',
  run:
    'queued>running:claim queued>cancelled:cancel running>succeeded:report running>failed:report running>timed_out:report running>cancelled:cancel ' +
    'running>cancelled:release running>lost:sweep running>waiting:ask waiting>queued:answer waiting>cancelled:cancel',
  interaction: 'pending>answered:answer pending>accepted:accept pending>rejected:reject pending>cancelled:cancel pending>expired:expire',
  deliverable:
    'pending>approved:review pending>revision_requested:review pending>rejected:review pending>superseded:submit pending>superseded:close revision_requested>revised:submit',
  delivery:
    'pending>delivered:settle pending>retrying:settle pending>parked:settle pending>cancelled:remove ' +
    'retrying>delivered:settle retrying>retrying:settle retrying>parked:settle retrying>cancelled:remove parked>pending:replay',
  approval:
    'pending>approved:approve pending>rejected:reject pending>revision_requested:requestRevision pending>cancelled:cancel ' +
    'revision_requested>pending:resubmit revision_requested>cancelled:cancel',
  'budget incident': 'open>resolved:raise open>resolved:keep open>resolved:end open>resolved:remove',
  breaker:
    'closed>open:fail open>half_open:probe open>closed:close half_open>half_open:probe half_open>open:settle half_open>closed:settle half_open>closed:close',
  invite: 'pending>accepted:accept pending>revoked:revoke',
  member:
    'active>disabled:disable active>removed:remove disabled>active:enable disabled>removed:remove removed>active:add removed>active:accept',
  project:
    'backlog>planned:update backlog>in_progress:update backlog>cancelled:update planned>backlog:update planned>in_progress:update planned>cancelled:update ' +
    'in_progress>planned:update in_progress>completed:update in_progress>cancelled:update completed>in_progress:update',
  sprint: 'planning>active:update planning>cancelled:update active>completed:update active>cancelled:update',
  routine: 'active>paused:pause active>paused:fire active>archived:archive paused>active:resume paused>archived:archive',
  secret: 'active>disabled:update disabled>active:update',
  'version of a secret': 'active>destroyed:destroyVersion',
  plugin:
    'installed>ready:approve installed>ready:install installed>uninstalled:uninstall installed>uninstalled:dismiss ' +
    'ready>installed:install ready>disabled:disable ready>error:fail ready>quarantined:quarantine ready>uninstalled:uninstall ' +
    'disabled>installed:install disabled>ready:enable disabled>uninstalled:uninstall ' +
    'error>installed:install error>ready:enable error>disabled:disable error>quarantined:quarantine error>uninstalled:uninstall ' +
    'quarantined>installed:install quarantined>ready:enable quarantined>disabled:disable quarantined>uninstalled:uninstall ' +
    'uninstalled>installed:install uninstalled>ready:install',
  worker:
    'active>draining:drain active>stopped:leave active>stopped:revoke draining>active:resume draining>stopped:leave draining>stopped:revoke',
}

describe('the machines', () => {
  const source = new URL('../', import.meta.url)
  const rooms = readdirSync(source).filter((room) => room !== 'kernel' && existsSync(new URL(`${room}/machine.ts`, source)))

  it('of every folder are in the list that the docs show, and written out here', async () => {
    const modules: object[] = await Promise.all(rooms.map((room) => import(new URL(`${room}/machine.ts`, source).href)))
    expect(new Set(modules.flatMap((module) => Object.values(module)))).toEqual(new Set(machines))
    expect(Object.keys(expected).toSorted()).toEqual(machines.map(({ name }) => name).toSorted())
  })
})

describe.each(machines)('the machine of a $name', (machine) => {
  const legal = new Set((expected[machine.name] ?? '').split(' '))
  const verbs = [...new Set(machine.moves.flatMap((move) => move.by))]

  it('has exactly the documented moves', () => {
    expect(new Set(machine.moves.flatMap((move) => move.by.map((verb) => `${move.from}>${move.to}:${verb}`)))).toEqual(legal)
  })

  it('refuses every other move, by every verb', () => {
    for (const from of machine.statuses) {
      for (const to of machine.statuses) {
        for (const verb of verbs) {
          const isLegal = legal.has(`${from}>${to}:${verb}`)
          const attempt = () => assertTransition(machine, from, { to, verb })
          if (isLegal) expect(attempt).not.toThrow()
          else expect(attempt).toThrow(/cannot take it to/)
        }
      }
    }
  })
})
