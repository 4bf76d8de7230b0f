import { describe, expect, it } from 'vitest'

import { agentMachine } from '../agents/machine.ts'
import { companyMachine } from '../companies/machine.ts'
import { deliverableMachine } from '../deliverables/machine.ts'
import { deliveryMachine } from '../deliveries/machine.ts'
import { goalMachine } from '../goals/machine.ts'
import { interactionMachine } from '../interactions/machine.ts'
import { runMachine } from '../runs/machine.ts'
import { taskMachine } from '../tasks/machine.ts'
import { defineMachine, type Machine } from './machine.ts'
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
}

const machines: Machine<string, string>[] = [
  companyMachine,
  agentMachine,
  goalMachine,
  taskMachine,
  runMachine,
  interactionMachine,
  deliverableMachine,
  deliveryMachine,
]

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
