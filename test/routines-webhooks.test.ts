import { createHmac } from 'node:crypto'

import { Webhook } from 'standardwebhooks'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'

import { errorOf } from './support/engine.ts'
import { callHandler, type Sent } from './http-fixtures.ts'
import { clockAhead, newRoutine, openRoutines, signedHeaders } from './support/routines.ts'
import { newStorage } from './support/storages.ts'

const families = ['sqlite', 'postgres'] as const
const dayMs = 24 * 3_600_000

type Trigger = Parameters<Awaited<ReturnType<typeof openRoutines>>['engine']['routines']['addTrigger']>[0]

async function open(family: string, more: Partial<Trigger> = {}, wish: Parameters<typeof newRoutine>[1] = {}) {
  const clock = clockAhead(0)
  const world = await openRoutines(family, { clock })
  onTestFinished(() => world.engine.stop())
  const { engine } = world
  const routine = await newRoutine(world, {
    task: { title: 'Review {{branch}}' },
    variables: [{ name: 'branch', type: 'text', default: 'main' }],
    ...wish,
  })
  const trigger = await engine.routines.addTrigger({ routineId: routine.id, kind: 'webhook', scheme: 'standard', ...more })
  const call = callHandler({ engine })
  const send = (sent: Sent) => call('POST', trigger.path ?? '', sent)
  const sign = (body: string, id: string, key = trigger.key ?? '') => ({
    body,
    headers: signedHeaders(key, body, { id, atMs: clock.now() }),
  })
  const fires = async () => (await engine.routines.fires({ routineId: routine.id, limit: 100 })).items
  return { ...world, clock, routineId: routine.id, trigger, call, send, sign, fires }
}

describe.each(families)('a webhook on %s', (family) => {
  it('fires for a signed delivery once, and answers it again the same', async () => {
    const { engine, trigger, send, sign, fires } = await open(family, { mapping: { branch: 'pull.head' } })
    expect(trigger).toMatchObject({ key: expect.stringMatching(/^eng_hook_[\w-]{43}$/), windowSec: 300, path: `/api/hooks/${trigger.id}` })
    const body = '{"pull":{"head":"fix-1"},"other":"ignored"}'
    const first = await send(sign(body, 'd1'))
    expect([first.status, first.body]).toEqual([
      202,
      { status: 'created', fireId: expect.any(String), taskId: expect.any(String), isRepeat: false },
    ])
    const [again, other] = [await send(sign(body, 'd1')), await send(sign('{}', 'd1'))]
    for (const answer of [again, other]) expect([answer.status, answer.body]).toEqual([200, { ...Object(first.body), isRepeat: true }])
    expect(await fires()).toMatchObject([{ source: 'webhook', deliveryId: 'd1', triggerId: trigger.id, variables: { branch: 'fix-1' } }])
    const task = await engine.tasks.get({ taskId: first.at('taskId') })
    expect(task).toMatchObject({ title: 'Review fix-1', origin: 'routine' })
    expect(JSON.stringify(task)).not.toContain('ignored')
  })

  it('that comes several times at once fires once', async () => {
    const { send, sign, fires } = await open(family)
    const sent = sign('{}', 'd1')
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(sent)))
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '200', '200', '200', '200', '202'])
    expect(new Set(answers.map((answer) => answer.at('fireId'))).size).toBe(1)
    expect(await fires()).toHaveLength(1)
  })

  it('is absent for whoever signed with another key, changed anything, or did not sign, word for word as one that is not there', async () => {
    const { call, trigger, send, sign, clock, watch } = await open(family)
    const good = sign('{"a":1}', 'd1')
    const before = await watch.dump()
    const bad: Sent[] = [
      { ...good, body: '{"a":2}' },
      { ...good, headers: { ...good.headers, 'webhook-id': 'd2' } },
      { ...good, headers: { ...good.headers, 'webhook-timestamp': String(Math.floor(clock.now() / 1_000) + 1) } },
      sign('{"a":1}', 'd1', 'eng_hook_other'),
      { body: '{"a":1}' },
      { body: '{"a":1}', credential: trigger.key ?? '' },
      { ...good, headers: { ...good.headers, 'webhook-signature': '' } },
    ]
    const absent = await call('POST', '/api/hooks/01890000-0000-7000-8000-000000000000', good)
    const told = (body: unknown) => ({ ...Object(body), requestId: '' })
    expect([absent.status, absent.at('code')]).toEqual([404, 'not_found'])
    for (const sent of bad) {
      const answer = await send(sent)
      expect([answer.status, told(answer.body)]).toEqual([404, told(absent.body)])
      expect(answer.text).not.toContain(trigger.id)
    }
    expect(await watch.dump()).toBe(before)
    expect((await send(good)).status).toBe(202)
  })

  it('does not take a delivery of another time than its window, and says what that is', async () => {
    const { send, trigger, clock, fires } = await open(family, { windowSec: 60 })
    for (const [offsetMs, status] of [
      [-61_500, 401],
      [61_500, 401],
      [-58_000, 202],
      [58_000, 202],
    ] as const) {
      const headers = signedHeaders(trigger.key ?? '', '{}', { id: `d${offsetMs}`, atMs: clock.now() + offsetMs })
      const answer = await send({ body: '{}', headers })
      expect([offsetMs, answer.status]).toEqual([offsetMs, status])
      if (status === 401) expect(answer.body).toMatchObject({ code: 'stale_delivery', windowSec: 60 })
    }
    expect(await fires()).toHaveLength(2)
  })

  it('takes the key before the last rotation for a day, and no older one', async () => {
    const { engine, send, sign, trigger, clock } = await open(family)
    const old = trigger.key ?? ''
    const second = await engine.routines.rotateTrigger({ triggerId: trigger.id })
    expect(second).toMatchObject({ key: expect.stringMatching(/^eng_hook_/), previousKeyUntil: expect.any(String), version: 2 })
    expect([(await send(sign('{}', 'd1', old))).status, (await send(sign('{}', 'd2', second.key ?? ''))).status]).toEqual([202, 202])
    clock.aheadMs = dayMs - 60_000
    expect((await send(sign('{}', 'd3', old))).status).toBe(202)
    clock.aheadMs = dayMs + 60_000
    expect((await send(sign('{}', 'd4', old))).status).toBe(404)
    const third = await engine.routines.rotateTrigger({ triggerId: trigger.id })
    await engine.routines.rotateTrigger({ triggerId: trigger.id })
    expect((await send(sign('{}', 'd5', second.key ?? ''))).status).toBe(404)
    expect((await send(sign('{}', 'd6', third.key ?? ''))).status).toBe(202)
    await engine.routines.removeTrigger({ triggerId: trigger.id })
    expect((await send(sign('{}', 'd7', third.key ?? ''))).status).toBe(404)
  })

  it('takes what the library of Standard Webhooks signs, with the key as bytes or as the secret that senders ask for', async () => {
    const { send, clock, trigger, fires } = await open(family)
    const key = trigger.key ?? ''
    const signers = [new Webhook(key, { format: 'raw' }), new Webhook(`whsec_${Buffer.from(key).toString('base64')}`)]
    const body = '{"name":"Möbel"}'
    for (const [index, signer] of signers.entries()) {
      const at = new Date(clock.now())
      const signature = signer.sign(`d${index}`, at, body)
      const headers = {
        'webhook-id': `d${index}`,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': signature,
      }
      expect((await send({ body, headers })).status).toBe(202)
    }
    expect(await fires()).toHaveLength(2)
  })

  it('as GitHub signs needs no time, and its delivery id', async () => {
    const { send, trigger, fires } = await open(family, { scheme: 'github', mapping: { branch: 'ref' } })
    expect(trigger.windowSec).toBeNull()
    const body = '{"ref":"refs/heads/main"}'
    const signature = `sha256=${createHmac('sha256', trigger.key ?? '')
      .update(body)
      .digest('hex')}`
    const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': '72d3162e' }
    expect([(await send({ body, headers })).status, (await send({ body, headers })).status]).toEqual([202, 200])
    expect((await send({ body, headers: { 'x-hub-signature-256': signature } })).status).toBe(422)
    expect((await send({ body, headers: { ...headers, 'x-hub-signature-256': signature.replace('sha256=', 'sha1=') } })).status).toBe(404)
    expect(await fires()).toMatchObject([{ deliveryId: '72d3162e', variables: { branch: 'refs/heads/main' } }])
  })

  it('by a bearer key needs no store of secrets, and keeps its hash only', async () => {
    const storage = await newStorage(family)
    const engine = await createEngine({ storage, checksOutputs: true })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    const { id: routineId } = await newRoutine({ engine, companyId })
    for (const scheme of ['standard', 'github'] as const)
      expect(await errorOf(engine.routines.addTrigger({ routineId, kind: 'webhook', scheme }))).toMatchObject({
        code: 'secrets_unavailable',
      })
    const trigger = await engine.routines.addTrigger({ routineId, kind: 'webhook', scheme: 'bearer' })
    const call = callHandler({ engine })
    const path = trigger.path ?? ''
    const credential = trigger.key ?? ''
    expect((await call('POST', path, { body: 'anything', credential })).status).toBe(202)
    expect((await call('POST', path, { body: 'anything', credential: `${credential.slice(0, -1)}_` })).status).toBe(404)
    expect((await call('POST', path, { body: 'anything' })).status).toBe(404)
    const twice = { body: 'x', credential, headers: { 'webhook-id': 'd1' } }
    expect([(await call('POST', path, twice)).status, (await call('POST', path, twice)).status]).toEqual([202, 200])
    expect(await storage.watch.dump()).not.toContain(credential)
    expect((await engine.routines.fires({ routineId })).items).toHaveLength(2)
  })

  it('says that its routine is paused, or that it is switched off, to whoever signed', async () => {
    const { engine, send, sign, routineId, trigger, fires } = await open(family)
    await engine.routines.pause({ routineId, reason: 'Move' })
    const paused = await send(sign('{}', 'd1'))
    expect([paused.status, paused.at('detail')]).toEqual([422, 'This routine is paused (Move), so it does not fire.'])
    await engine.routines.resume({ routineId })
    await engine.routines.updateTrigger({ triggerId: trigger.id, isEnabled: false })
    const off = await send(sign('{}', 'd1'))
    expect([off.status, off.at('detail')]).toEqual([422, 'This trigger is switched off, so it takes no deliveries.'])
    await engine.routines.updateTrigger({ triggerId: trigger.id, isEnabled: true })
    expect((await send(sign('{}', 'd1'))).status).toBe(202)
    expect(await fires()).toHaveLength(1)
  })

  it('takes sixty deliveries a minute, and says when to come again', async () => {
    const { send, sign, clock } = await open(family, {}, { concurrency: 'skip' })
    const statuses = []
    for (let index = 0; index < 61; index += 1) statuses.push((await send(sign('{}', `d${index}`))).status)
    expect(statuses).toEqual([...Array.from({ length: 60 }, () => 202), 429])
    const limited = await send(sign('{}', 'd60'))
    expect(limited.at('code')).toBe('rate_limited')
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    // A known delivery is no new one.
    expect((await send(sign('{}', 'd0'))).status).toBe(200)
    clock.aheadMs = 61_000
    expect((await send(sign('{}', 'd60'))).status).toBe(202)
  })
})

describe('a delivery', () => {
  it('whose fields do not fit is a fire that failed, for those who may read it', async () => {
    const { send, sign, fires } = await open(
      'sqlite',
      { mapping: { branch: 'ref', n: 'n' } },
      {
        variables: [
          { name: 'branch', type: 'text' },
          { name: 'n', type: 'number', isRequired: true },
        ],
      },
    )
    const bodies = ['{"ref":"a","n":1}', '{"ref":"a"}', '{"ref":{"x":1},"n":1}', '{"n":"1"}', 'no json', '[]', '{"__proto__":{"n":1}}']
    const statuses: string[] = []
    for (const [index, body] of bodies.entries()) {
      const answer = await send(sign(body, `d${index}`))
      expect(answer.status).toBe(202)
      expect(answer.body).not.toHaveProperty('reason')
      statuses.push(answer.at('status'))
    }
    expect(statuses).toEqual(['created', 'failed', 'failed', 'failed', 'failed', 'failed', 'failed'])
    const reasons = (await fires()).map(({ reason }) => reason).toReversed()
    expect(reasons.slice(1, 5)).toEqual([
      expect.stringContaining('variables.n: it is required'),
      expect.stringContaining('variables.branch: the value must be a text'),
      expect.stringContaining('variables.n: the value must be a number'),
      expect.stringContaining('no JSON'),
    ])
  })

  it('that makes no task that there can be is a fire that failed', async () => {
    const { send, sign, fires } = await open('sqlite', { mapping: { branch: 'ref' } })
    expect((await send(sign(JSON.stringify({ ref: 'x'.repeat(600) }), 'd1'))).at('status')).toBe('failed')
    expect(await fires()).toMatchObject([{ reason: expect.stringContaining('task.title') }])
  })

  it('is refused when it is too large, no text, or has an endless id', async () => {
    const { send, sign, fires } = await open('sqlite')
    const large = `"${'x'.repeat(256 * 1024)}"`
    expect((await send(sign(large, 'd1'))).status).toBeOneOf([400, 413])
    const headers = sign('{}', 'd1').headers
    expect((await send({ body: Uint8Array.from([0xff, 0xfe]), headers })).status).toBe(400)
    expect((await send(sign('{}', 'x'.repeat(201)))).status).toBe(422)
    expect((await send(sign('"a\0b"', 'd2'))).status).toBe(400)
    expect(await fires()).toEqual([])
  })

  it('finds the sealed key of another trigger of no use', async () => {
    const world = await openRoutines('sqlite')
    const { engine, watch } = world
    onTestFinished(() => engine.stop())
    const { id: routineId } = await newRoutine(world)
    const [one, two] = [
      await engine.routines.addTrigger({ routineId, kind: 'webhook', scheme: 'standard' }),
      await engine.routines.addTrigger({ routineId, kind: 'webhook', scheme: 'standard' }),
    ]
    // What is sealed for one trigger opens for no other.
    const [row] = await watch.query<{ key_text: string }>(`select key_text from ${watch.table('routine_triggers')} where id = '${one.id}'`)
    expect(row?.key_text).not.toContain(one.key)
    await watch.query(`update ${watch.table('routine_triggers')} set key_text = ? where id = '${two.id}'`, [row?.key_text])
    const headers = signedHeaders(one.key ?? '', '{}', { id: 'd1' })
    const call = callHandler({ engine })
    expect((await call('POST', two.path ?? '', { body: '{}', headers })).status).toBe(404)
    expect((await call('POST', one.path ?? '', { body: '{}', headers })).status).toBe(202)
  })

  it('needs variables that its routine has, a scheme, and a window only where there is a time', async () => {
    const { engine, routineId, trigger } = await open('sqlite')
    const add = (more: Partial<Trigger>) => engine.routines.addTrigger({ routineId, kind: 'webhook', scheme: 'bearer', ...more })
    expect(await errorOf(add({ mapping: { other: 'a' } }))).toMatchObject({
      kind: 'rule',
      message: expect.stringContaining('mapping.other'),
    })
    expect(await errorOf(add({ windowSec: 60 }))).toMatchObject({ kind: 'rule', message: expect.stringContaining('windowSec') })
    expect(await errorOf(engine.routines.addTrigger({ routineId, kind: 'webhook' }))).toMatchObject({ kind: 'rule' })
    expect(await errorOf(add({ mapping: { branch: 'a..b' } }))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(add({ mapping: { branch: '__proto__.x' } }))).toMatchObject({ code: 'invalid_input' })
    const changed = await engine.routines.updateTrigger({ triggerId: trigger.id, windowSec: 30, mapping: { branch: 'ref' } })
    expect(changed).toMatchObject({ windowSec: 30, mapping: { branch: 'ref' }, scheme: 'standard' })
    expect(await errorOf(engine.routines.updateTrigger({ triggerId: trigger.id, expression: '* * * * *' }))).toMatchObject({ kind: 'rule' })
    const { id: cronId } = await engine.routines.addTrigger({ routineId, kind: 'cron', expression: '0 9 * * *' })
    expect(await errorOf(engine.routines.rotateTrigger({ triggerId: cronId }))).toMatchObject({ kind: 'rule' })
  })
})
