import { randomUUID } from 'node:crypto'

import { describe, expect, it, onTestFinished } from 'vitest'

import { localBlobs } from '@engine/blobs/local'
import { systemActor, type Actor, type Api, type CallOptions, type Engine, type Registry } from '@engine/core'
import { scriptedDestination, scriptedPlugins } from '@engine/testing'

import { claimNewRun, genuineHeaders } from './support/callbacks.ts'
import { actorOf, goodPassword, quickPasswords, setUp } from './support/accounts.ts'
import { openBreaker } from './support/breakers.ts'
import { priced } from './support/budgets.ts'
import { board, createWorld, until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { installScripted } from './support/scripted-plugin.ts'
import { parkDelivery, settleDue } from './support/routes.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  async function open() {
    const blobs = localBlobs(temporaryFolder())
    const world = await createWorld({
      storage: await newStorage(database),
      blobs,
      destinations: [scriptedDestination()],
      settings: quickPasswords,
      plugins: scriptedPlugins(),
    })
    const { engine, adapter, companyId } = world
    onTestFinished(() => engine.stop())
    adapter.script = async ({ context }) => {
      const { title } = context.task
      if (title === 'Meets a crowd' && context.run.wakeReasons.includes('assignment'))
        return { kind: 'failed', class: 'overloaded', message: 'too many' }
      if (title === 'Goes in circles') return { kind: 'continue', afterMs: 0 }
      if (title === 'Fails') return { kind: 'failed', class: 'bad_request', message: 'no such model' }
      return title === 'Takes too long' ? { kind: 'failed', class: 'timeout', message: 'too long' } : { kind: 'done' }
    }
    const hand = await engine.agents.create({
      companyId,
      name: 'Hand',
      role: 'writer',
      adapterType: adapter.type,
      executionMode: 'manual',
    })
    return { ...world, handId: hand.id, people: engine.as(board), system: engine as Api, as: (actor: Actor): Api => engine.as(actor) }
  }
  type Scene = Awaited<ReturnType<typeof open>>
  const acts = [
    plans,
    secrets,
    people,
    planning,
    work,
    results,
    questions,
    requests,
    sending,
    executions,
    recurring,
    money,
    machines,
    extensions,
  ]

  it('each type of event is told when it happens', { timeout: 60_000 }, async () => {
    const scene = await open()
    for (const act of acts) await act(scene)
    expect([...(await countsByType(scene)).keys()].toSorted()).toEqual(Object.keys(scene.engine.registry.events).toSorted())
    // Rows and events agree about every version, so nothing was changed without saying so.
    const { checks } = await scene.engine.verify()
    expect(checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('each event of each type leaves one delivery for the route that listens to it', { timeout: 60_000 }, async () => {
    const scene = await open()
    const { engine, companyId } = scene
    const types = Object.keys(engine.registry.events)
    const since = new Map<string, number>()
    const listening = new Set<string>()
    const listen = async (id: string) => {
      for (const events of [types.slice(0, 60), types.slice(60)])
        listening.add((await engine.routes.create({ companyId: id, name: 'All', destinationType: 'scripted', events })).id)
      since.set(id, (await eventsOf(engine, id)).at(-1)?.seq ?? 0)
    }
    await listen(companyId)
    const create: Api['companies']['create'] = async (...given) => {
      const company = await engine.as(board).companies.create(...given)
      await listen(company.id)
      return company
    }
    const people = { ...scene.people, companies: { ...scene.people.companies, create } }
    for (const act of acts) await act({ ...scene, people })
    const events: Awaited<ReturnType<typeof eventsOf>> = []
    for (const [id, after] of since)
      events.push(...(await eventsOf(engine, id)).filter(({ seq, type }) => seq > after && !type.startsWith('delivery.')))
    const rows = await scene.watch.query<{ event_id: string; route_id: string }>(
      `select event_id, route_id from ${scene.watch.table('deliveries')}`,
    )
    const left = rows.filter((row) => listening.has(row.route_id)).map((row) => row.event_id)
    expect(new Set(left).size).toBe(left.length)
    const missing = events.filter(({ id }) => !left.includes(id))
    expect(missing.map(({ type }) => type)).toEqual([])
    const never = types.filter((type) => !type.startsWith('delivery.') && !events.some((event) => event.type === type))
    expect(never).toEqual(beforeAnyRoute)
  })

  it('each command that is sent twice under one key happens once, and is answered the same', { timeout: 60_000 }, async () => {
    const once = await open()
    for (const act of acts) await act(once)
    const scene = await open()
    const sent = new Set<string>()
    const doubled = (api: Api) => twice(scene.engine.registry, { api, sent })
    const twiceScene = {
      ...scene,
      people: doubled(scene.people),
      system: doubled(scene.system),
      as: (actor: Actor) => doubled(scene.as(actor)),
    }
    for (const act of acts) await act(twiceScene)
    expect(await countsByType(scene)).toEqual(await countsByType(once))
    const posts = scene.engine.registry.operations.filter(
      ({ definition }) => definition.http?.[0] === 'POST' && definition.kind === 'command' && definition.answersOnce === undefined,
    )
    expect(posts.map(({ name }) => name).filter((name) => !sent.has(name))).toEqual([])
  })

  async function plans({ companyId, handId: agentId, people: api }: Scene): Promise<void> {
    const first = await api.goals.create({ companyId, title: 'Grow' })
    const goal = await api.goals.create({ companyId, title: 'Sell', parentId: first.id, level: 'team', status: 'planned' })
    await api.goals.update({ goalId: goal.id, title: 'Sell more' })
    await api.goals.update({ goalId: goal.id, status: 'active' })
    const project = await api.projects.create({ companyId, name: 'Move' })
    await api.projects.update({ projectId: project.id, name: 'Move out' })
    await api.projects.update({ projectId: project.id, status: 'planned' })
    const sprint = await api.sprints.create({ companyId, name: 'One' })
    await api.sprints.update({ sprintId: sprint.id, name: 'Week one' })
    await api.sprints.update({ sprintId: sprint.id, status: 'active' })
    const label = await api.labels.create({ companyId, name: 'red' })
    await api.labels.update({ labelId: label.id, name: 'blue' })
    await api.labels.delete({ labelId: label.id })
    const rule = await api.routing.create({ companyId, name: 'Urgent', conditions: { priority: 'critical' }, targetAgentId: agentId })
    await api.routing.update({ routingRuleId: rule.id, name: 'Most urgent' })
    await api.routing.reorder({ companyId, routingRuleIds: [rule.id] })
    await api.routing.delete({ routingRuleId: rule.id })
    const { id: knowledgeEntryId } = await api.knowledge.create({ companyId, title: 'Boxes', body: 'In the yard', projectId: project.id })
    await api.knowledge.update({ knowledgeEntryId, body: 'In the hall' })
    await api.knowledge.delete({ knowledgeEntryId })
    const { id: preferenceId } = await api.preferences.set({ companyId, scope: 'project', scopeId: project.id, key: 'boxes', value: 3 })
    await api.preferences.unset({ preferenceId })
    const { id: priceId } = await api.prices.set({ companyId, provider: 'p', model: 'm', inputMicros: 1, outputMicros: 2 })
    await api.prices.remove({ priceId })
    const files = [{ path: 'COMPANY.md', content: '---\nschema: engine.company/v1\nname: Packed\n---\n' }]
    const { hash } = await api.companies.previewMerge({ companyId, files })
    await api.companies.merge({ companyId, files, hash })
    await api.companies.import({ files, hash: (await api.companies.previewImport({ files })).hash })
  }

  async function secrets({ companyId, handId: agentId, people: api }: Scene): Promise<void> {
    const { id: secretId } = await api.secrets.create({ companyId, name: 'TOKEN', value: 'a first value' })
    await api.secrets.update({ secretId, description: 'for the shop' })
    await api.secrets.rotate({ secretId, value: 'a second value' })
    await api.secrets.destroyVersion({ secretId, number: 1 })
    await api.secrets.bind({ secretId, target: { agentId }, as: 'TOKEN' })
    await api.secrets.unbind({ secretId, target: { agentId }, as: 'TOKEN' })
    await api.secrets.delete({ secretId })
  }

  async function people({ engine, companyId, handId: agentId, people: api, system, as }: Scene): Promise<void> {
    await api.companies.update({ companyId, description: 'Sells things' })
    await api.companies.pause({ companyId })
    await api.companies.resume({ companyId })
    await api.agents.update({ agentId, title: 'Chief' })
    await api.agents.pause({ agentId })
    await api.agents.resume({ agentId })
    await api.agents.rollback({ agentId, revision: 1 })
    const { adapterType } = await api.agents.get({ agentId })
    const former = await api.agents.create({ companyId, name: 'Former', role: 'writer', adapterType })
    await api.agents.terminate({ agentId: former.id })
    const member = await api.members.add({ companyId, name: 'Mia', email: 'mia@example.com', role: 'operator' })
    const { key: link } = await api.members.createPasswordLink({ memberId: member.id })
    const { credential: begun } = await api.accounts.setPassword({ token: link, password: goodPassword })
    const { session } = await api.accounts.logIn({ email: 'mia@example.com', password: goodPassword })
    const mia = as(await actorOf(engine, begun))
    await mia.sessions.revoke({ sessionId: session.id })
    await mia.sessions.revokeOthers()
    // Somebody else owns the installation meanwhile.
    await setUp(engine)
    await api.accounts.giveOwnership({ userId: member.userId })
    await api.accounts.takeOwnership({ userId: member.userId })
    await api.members.revokeSessions({ memberId: member.id })
    await api.members.update({ memberId: member.id, name: 'Mia Moon' })
    await api.members.disable({ memberId: member.id })
    await api.members.enable({ memberId: member.id })
    await as({ kind: 'user', id: member.userId, roles: { [companyId]: 'operator' } }).keys.createOwn({ companyId, name: 'phone' })
    await api.members.remove({ memberId: member.id })
    const { key: token } = await api.invites.create({ companyId, role: 'viewer' })
    await system.invites.accept({ token, name: 'Noa' })
    await api.invites.revoke({ inviteId: (await api.invites.create({ companyId, role: 'viewer' })).id })
    const key = await api.keys.create({ agentId, name: 'laptop' })
    await api.keys.revoke({ keyId: key.id })
  }

  async function planning({ engine, companyId, people: api }: Scene): Promise<void> {
    const task = await api.tasks.create({ companyId, title: 'Plan', dueDate: '2020-01-01' })
    await api.tasks.update({ taskId: task.id, title: 'Plan it' })
    await engine.execute('tasks.markOverdue', { input: { companyId, taskIds: [task.id] }, actor: { kind: 'system', id: 'system' } })
    await api.tasks.pauseSubtree({ taskId: task.id })
    await api.tasks.resumeSubtree({ taskId: task.id })
    await api.tasks.cancel({ taskId: task.id })
    await api.tasks.delete({ taskId: task.id })
    const flight = await api.tasks.create({ companyId, title: 'Fly', requiredCapabilities: ['fly'] })
    await api.tasks.route({ taskId: flight.id })
    const many = await api.tasks.createMany({ companyId, tasks: [{ title: 'One' }, { title: 'Two' }] })
    const [one = '', two = ''] = many.items.flatMap((item) => (item.status === 'created' ? [item.task.id] : []))
    await api.tasks.deleteMany({ companyId, taskIds: [one] })
    await api.tasks.cancelSubtree({ taskId: two })
  }

  async function work({ engine, companyId, handId, people: api, as }: Scene): Promise<void> {
    const task = await api.tasks.create({ companyId, title: 'Write' })
    await api.tasks.assign({ taskId: task.id, agentId: handId })
    await api.tasks.checkout({ taskId: task.id })
    await api.tasks.release({ taskId: task.id })
    await api.tasks.checkout({ taskId: task.id })
    await api.tasks.forceRelease({ taskId: task.id, reason: 'it hangs' })
    const { credential } = await as({ kind: 'agent', id: handId, companyId }).tasks.next({})
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the credential of the checkout is unknown')
    const run = as(actor)
    await run.tasks.progress({ taskId: task.id, percent: 10 })
    await run.comments.create({ taskId: task.id, body: 'Begun.' })
    const draft = await run.documents.put({ taskId: task.id, key: 'plan', title: 'Plan', body: 'Write.' })
    await run.documents.delete({ documentId: draft.id })
    const content = new Uint8Array([1, 2, 3])
    const file = await run.attachments.upload({ taskId: task.id, name: 'a.bin', contentType: 'application/octet-stream', content })
    await api.attachments.delete({ attachmentId: file.id })
    if (actor.kind !== 'run') throw new Error('the credential is not that of a run')
    await run.runs.heartbeat({ runId: actor.id })
    await run.runs.appendLog({ runId: actor.id, entries: [{ stream: 'stdout', text: 'writing' }] })
    await run.runs.recordUsage({ runId: actor.id, usages: [{ sequence: 1, provider: 'a', model: 'm', costMicros: 5 }] })
    const cost = { provider: 'a', costMicros: 5 }
    await run.costs.report({ companyId, sourceEventId: 'one', ...cost })
    await api.costs.reportMany({ companyId, costs: [{ sourceEventId: 'two', ...cost }] })
    await run.tasks.block({ taskId: task.id, reason: 'waits for a key' })
  }

  async function money({ engine, companyId, people: api, as, watch }: Scene): Promise<void> {
    const { id: agentId } = await api.agents.create({
      companyId,
      name: 'Poor',
      role: 'buyer',
      adapterType: 'scripted',
      executionMode: 'manual',
    })
    const { id: budgetId } = await api.budgets.set({ companyId, scope: 'agent', scopeId: agentId, limit: 1_000_000 })
    const begin = async () => {
      const task = await api.tasks.create({ companyId, title: 'Buy', assigneeAgentId: agentId })
      const { run, credential } = await api.tasks.checkout({ taskId: task.id })
      const actor = await engine.authenticate(credential ?? '')
      if (!actor) throw new Error('the credential of the checkout is unknown')
      return { runId: run.id, own: as(actor) }
    }
    const { runId, own } = await begin()
    const call = { runId, ...priced, inputTokens: 1, maxOutputTokens: 1 }
    const { holdId } = await own.budgets.reserve(call)
    await own.costs.settle({ runId, holdId: holdId ?? '', usage: { costMicros: 10 } })
    const unsent = await own.budgets.reserve(call)
    await own.budgets.release({ runId, holdId: unsent.holdId ?? '' })
    await own.costs.settle({ runId, usage: { costMicros: 999_990 } })
    const [incident] = (await api.budgets.incidents({ companyId, status: 'open' })).items
    await api.budgets.resolveIncident({ incidentId: incident?.id ?? '', action: 'raise', limit: 2_000_000 })
    await api.budgets.raise({ budgetId, limit: 3_000_000 })
    const last = await begin()
    await last.own.costs.settle({ runId: last.runId, usage: { costMicros: 2_000_000 } })
    // As if it had been stopped long ago, and had room now.
    const before = '2001-01-01T00:00:00.000Z'
    await watch.query(`update ${watch.table('budgets')} set created_at = ?, limit_amount = ? where id = ?`, [before, 9_000_000, budgetId])
    await watch.query(`update ${watch.table('budget_periods')} set limit_amount = ? where budget_id = ?`, [9_000_000, budgetId])
    await watch.query(`update ${watch.table('budget_stops')} set ends_at = ? where budget_id = ?`, [before, budgetId])
    const input = { companyId, budgetIds: [budgetId] }
    await engine.execute('budgets.endPeriods', { input, actor: { kind: 'system', id: 'system' } })
    const occurredAt = new Date(Date.now() - 40 * 86_400_000).toISOString()
    await api.costs.report({ companyId, agentId, sourceEventId: 'late', provider: 'somebody', occurredAt, costMicros: 9_000_000 })
    await api.budgets.remove({ budgetId })
  }

  async function machines({ engine, companyId, handId, people: api, as }: Scene): Promise<void> {
    const worker = { workerId: randomUUID(), name: 'north', host: 'north', pid: 1, engineVersion: '1.0.0', adapters: [], capacity: 1 }
    await engine.execute('workers.register', { input: worker, actor: systemActor })
    await api.workers.drain({ workerId: worker.workerId })
    await api.workers.resume({ workerId: worker.workerId })
    const { key, id: nodeKeyId } = await api.nodes.createKey({ name: 'North' })
    const node = await api.nodes.register({ key, name: 'far', host: 'far', pid: 1, engineVersion: '1.0.0', adapters: [], capacity: 1 })
    await as({ kind: 'node', id: node.workerId }).nodes.heartbeat({})
    const told = { runId: randomUUID(), fence: 1, usages: [{ sequence: 1, costMicros: 5 }] }
    await as({ kind: 'node', id: node.workerId }).nodes.recordUsage(told)
    await api.workers.revoke({ workerId: node.workerId })
    await api.nodes.revokeKey({ nodeKeyId })
    const task = await api.tasks.create({ companyId, title: 'Carry', assigneeAgentId: handId })
    const { run, credential } = await api.tasks.checkout({ taskId: task.id })
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the credential of the checkout is unknown')
    await as(actor).runs.handBack({ runId: run.id, reason: 'its machine stops' })
  }

  async function recurring({ companyId, people: api, system }: Scene): Promise<void> {
    const hired = { name: 'Passing', role: 'writer', adapterType: 'scripted', executionMode: 'manual' } as const
    const { id: agentId } = await api.agents.create({ companyId, ...hired })
    const { id: routineId } = await api.routines.create({ companyId, name: 'Weekly', task: { title: 'Look' }, concurrency: 'always' })
    await api.routines.update({ routineId, task: { title: 'Look', assigneeAgentId: agentId } })
    await api.routines.pause({ routineId })
    await api.routines.resume({ routineId })
    await api.routines.fire({ routineId })
    await api.agents.terminate({ agentId })
    await api.routines.fire({ routineId })
    const { id: triggerId } = await api.routines.addTrigger({ routineId, kind: 'webhook', scheme: 'bearer' })
    await api.routines.updateTrigger({ triggerId, isEnabled: true })
    const { key } = await api.routines.rotateTrigger({ triggerId })
    await system.routines.receive({ triggerId, body: '', headers: { authorization: `Bearer ${key}` } })
    await api.routines.removeTrigger({ triggerId })
    await api.routines.archive({ routineId })
  }

  async function sending({ engine, companyId, people: api }: Scene): Promise<void> {
    const { routeId, deliveryId } = await parkDelivery(engine, companyId)
    await api.routes.replay({ routeId })
    await settleDue(engine, routeId, 'parked')
    await api.deliveries.replay({ deliveryId })
    await settleDue(engine, routeId, 'delivered')
    await api.routes.update({ routeId, name: 'Another' })
    await api.routes.disable({ routeId })
    await api.routes.enable({ routeId })
    await api.routes.test({ routeId })
    await api.routes.create({ companyId, name: 'Second', destinationType: 'scripted', events: ['*'], isEnabled: false })
    await api.routes.delete({ routeId })
  }

  async function extensions({ engine, companyId, people: api, system }: Scene): Promise<void> {
    const pluginId = await installScripted(engine, companyId)
    await api.plugins.configure({ pluginId, config: { word: 'other' } })
    await system.plugins.receive({ pluginId, webhook: 'take', body: '{}', headers: { authorization: 'Bearer other' } })
    await api.plugins.replay({ pluginId, subscription: 'refused' })
    await api.plugins.disable({ pluginId })
    await api.plugins.enable({ pluginId })
    await api.plugins.uninstall({ pluginId })
    await api.plugins.install({ companyId, plugin: 'another' })
  }

  async function results({ companyId, handId: assigneeAgentId, people: api }: Scene): Promise<void> {
    for (const decision of ['approved', 'rejected', 'revision_requested'] as const) {
      const task = await api.tasks.create({ companyId, title: decision, assigneeAgentId })
      await api.tasks.checkout({ taskId: task.id })
      const first = await api.deliverables.submit({ taskId: task.id, title: 'First', content: 'x' })
      await api.comments.createOnDeliverable({ deliverableId: first.id, body: 'Shorter?' })
      const { id: deliverableId } = await api.deliverables.submit({ taskId: task.id, title: 'Second', content: 'y' })
      await api.deliverables.review({ deliverableId, decision, feedback: 'read' })
    }
  }

  async function questions({ engine, companyId, handId: assigneeAgentId, people: api, as, watch }: Scene): Promise<void> {
    const task = await api.tasks.create({ companyId, title: 'Ask', assigneeAgentId })
    const { credential } = await api.tasks.checkout({ taskId: task.id })
    const actor = await engine.authenticate(credential ?? '')
    if (!actor) throw new Error('the credential of the checkout is unknown')
    const confirm = { kind: 'confirmation', prompt: 'Go on?' } as const
    const ask = (waits: boolean) => as(actor).interactions.ask({ taskId: task.id, ask: confirm, waits, expiresInSec: 60 })
    const question = { kind: 'question', prompt: 'Why?' } as const
    const asked = await api.interactions.ask({ taskId: task.id, ask: question })
    await api.interactions.answer({ interactionId: asked.id, text: 'Because.' })
    await api.interactions.reject({ interactionId: (await ask(false)).id })
    await api.interactions.cancel({ interactionId: (await ask(false)).id })
    const { id: late } = await ask(false)
    await api.interactions.accept({ interactionId: (await ask(true)).id })
    await watch.query(`update ${watch.table('interactions')} set expires_at = ? where id = ?`, ['2001-01-01T00:00:00.000Z', late])
    const input = { companyId, interactionIds: [late] }
    await engine.execute('interactions.expire', { input, actor: { kind: 'system', id: 'system' } })
    await api.tasks.cancel({ taskId: task.id })
  }

  async function requests({ people: api, handId }: Scene): Promise<void> {
    await api.agents.test({ agentId: handId })
    const { id: companyId } = await api.companies.create({ name: 'Careful', requiresStrategyApproval: true })
    const ask = (subject: string) => api.approvals.request({ companyId, type: 'custom', subject, payload: { to: 'all' } })
    await api.approvals.cancel({ approvalId: (await ask('one')).id })
    await api.approvals.reject({ approvalId: (await ask('none')).id, note: 'no' })
    const { id: approvalId } = await ask('two')
    await api.approvals.requestRevision({ approvalId, note: 'to whom?' })
    await api.approvals.resubmit({ approvalId, payload: { to: 'Mia' } })
    await approve(api, await api.approvals.request({ companyId, type: 'strategy', payload: { summary: 'Ask.' } }))
    await api.companies.archive({ companyId })
  }

  async function approve(api: Api, { id: approvalId, payloadHash }: { id: string; payloadHash: string }): Promise<void> {
    await api.approvals.approve({ approvalId, payloadHash })
  }

  /** What the engine does by itself, when an agent works, fails, is stopped, or is gone. */
  async function executions({ engine, companyId, agentId, handId, people: api, system, as, watch }: Scene): Promise<void> {
    const lost = await api.tasks.create({ companyId, title: 'Gone', assigneeAgentId: handId })
    const { run } = await api.tasks.checkout({ taskId: lost.id })
    await watch.query(`update ${watch.table('leases')} set expires_at = ? where run_id = ?`, ['2001-01-01T00:00:00.000Z', run.id])
    const stopped = await api.tasks.create({ companyId, title: 'Stopped', assigneeAgentId: handId })
    await api.runs.cancel({ runId: (await api.tasks.checkout({ taskId: stopped.id })).run.id })
    const reported = await api.tasks.create({ companyId, title: 'Reported', assigneeAgentId: handId })
    const held = await api.tasks.checkout({ taskId: reported.id })
    const actor = await engine.authenticate(held.credential ?? '')
    if (!actor) throw new Error('the credential of the checkout is unknown')
    await as(actor).runs.report({ runId: held.run.id, outcome: { kind: 'failed', class: 'bad_request', message: 'no' } })
    await api.runs.retry({ runId: held.run.id })
    const own = await api.tasks.create({ companyId, title: 'Own', assigneeAgentId: handId })
    await api.tasks.checkout({ taskId: own.id })
    await api.tasks.complete({ taskId: own.id })
    const ends = {
      'Goes well': 'done',
      'Meets a crowd': 'done',
      'Goes in circles': 'blocked',
      Fails: 'blocked',
      'Takes too long': 'blocked',
    }
    const begun = []
    for (const [title, end] of Object.entries(ends)) {
      const { id } = await api.tasks.create({ companyId, title, assigneeAgentId: agentId, maxAttempts: 1 })
      begun.push({ id, end })
    }
    await api.agents.invoke({ agentId: handId, taskId: (await api.tasks.create({ companyId, title: 'Asked for' })).id })
    const calledRunId = await claimNewRun(engine, { companyId, adapterType: 'scripted' })
    await system.runs.receiveCallback({ runId: calledRunId, body: '{}', headers: genuineHeaders() })
    await api.runs.cancel({ runId: calledRunId })
    const breakerId = await openBreaker(engine, { companyId, adapterType: 'scripted' })
    await api.breakers.close({ breakerId })
    await engine.start()
    for (const { id: taskId, end } of begun)
      await until(
        () => engine.tasks.get({ taskId }),
        ({ status }) => status === end,
      )
    await until(
      () => engine.runs.get({ runId: run.id }),
      ({ status }) => status === 'lost',
    )
  }
})

/** What is told of a company before it can have a route. */
const beforeAnyRoute: readonly string[] = ['company.created']

async function eventsOf(engine: Engine, companyId: string) {
  const all: Awaited<ReturnType<Engine['events']['list']>>['items'] = []
  for (let isMore = true; isMore;) {
    const { items } = await engine.events.list({ companyId, after: all.at(-1)?.seq ?? 0, limit: 100 })
    all.push(...items)
    isMore = items.length === 100
  }
  return all
}

/** How often each type of event was told, in all companies. */
async function countsByType({ engine }: { engine: Engine }): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { id: companyId } of (await engine.companies.list({})).items)
    for (const { type } of await eventsOf(engine, companyId)) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}

type Call = (input: unknown, options?: CallOptions) => Promise<unknown>
let keys = 0

/** An API that sends every command twice under one key and wants the same answer. */
function twice(registry: Registry, { api, sent }: { api: Api; sent: Set<string> }): Api {
  const operations = Object.groupBy(registry.operations, ({ module }) => module)
  const doubled = Object.entries(operations).map(([module, verbs = []]) => {
    const calls = verbs.map(({ name, verb, definition }) => {
      // The registry names what the API has.
      const call = Reflect.get(Reflect.get(api, module), verb) as Call
      const repeated: Call = async (input) => {
        const options = { idempotencyKey: `key ${(keys += 1)}` }
        const first = await call(input, options)
        expect([name, await call(input, options)]).toEqual([name, first])
        sent.add(name)
        return first
      }
      const takesKey = definition.kind === 'command' && definition.http?.[0] === 'POST' && definition.answersOnce === undefined
      return [verb, takesKey ? repeated : call]
    })
    return [module, Object.fromEntries(calls)]
  })
  // It has every call that the API has, by the same name.
  return Object.fromEntries(doubled) as Api
}
