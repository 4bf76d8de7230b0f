import { systemActor, type RunActor } from '@engine/core'

import { checkOut, newCompany, type World } from './world.ts'

let mails = 0

/** A company with one thing of each kind, by the input field that names it. */
export async function furnish(world: World) {
  const { engine } = world
  const company = await newCompany(world)
  const { companyId, agentId } = company
  const plans = await furnishPlans(world, companyId)
  const people = await furnishPeople(world, { companyId, agentId })
  const { task, runId, actor } = await checkOut(world, company)
  const taskId = task.id
  const comment = await engine.comments.create({ taskId, body: 'Hello' })
  const deliverable = await engine.deliverables.submit({ taskId, title: 'Work', content: 'x' })
  const document = await engine.documents.put({ taskId, key: 'plan', title: 'Plan', body: 'First' })
  const attachment = await engine.attachments.upload({ taskId, name: 'a.bin', content: new Uint8Array([1, 2, 3]) })
  const approval = await engine.approvals.request({ companyId, type: 'custom', subject: 'a thing', payload: {}, taskId })
  const secret = await engine.secrets.create({ companyId, name: 'TOKEN', value: 'a value of a test' })
  const interaction = await engine.interactions.ask({ taskId, ask: { kind: 'question', prompt: 'Why?' } })
  const rule = await engine.routing.create({ companyId, name: 'Rule', isEnabled: false, targetAgentId: agentId })
  const recurring = await furnishRoutine(world, { companyId, agentId })
  const breakerId = await furnishBreaker(world, companyId)
  const cost = await engine.costs.report({
    companyId,
    taskId,
    sourceEventId: 'one',
    provider: 'a',
    model: 'm',
    inputTokens: 1,
    costMicros: 1,
  })
  const money = await furnishBudgets(world, { companyId, run: actor })
  const sending = await furnishRoute(world, companyId)
  return {
    ...plans,
    ...people,
    ...recurring,
    ...sending,
    companyId,
    agentId,
    taskId,
    runId,
    run: actor,
    identifier: task.identifier,
    commentId: comment.id,
    deliverableId: deliverable.id,
    documentId: document.id,
    attachmentId: attachment.id,
    approvalId: approval.id,
    interactionId: interaction.id,
    routingRuleId: rule.id,
    secretId: secret.id,
    breakerId,
    costEventId: cost.id,
    ...money,
  }
}

async function furnishPlans({ engine }: Pick<World, 'engine'>, companyId: string) {
  const goal = await engine.goals.create({ companyId, title: 'Goal' })
  const project = await engine.projects.create({ companyId, name: 'Project' })
  const sprint = await engine.sprints.create({ companyId, name: 'Sprint' })
  const label = await engine.labels.create({ companyId, name: 'Label' })
  const entry = await engine.knowledge.create({ companyId, title: 'Entry', body: 'Known', tags: ['known'], projectId: project.id })
  const preference = await engine.preferences.set({ companyId, scope: 'company', key: 'a.b', value: 1 })
  const price = await engine.prices.set({ companyId, provider: 'p', model: 'm', inputMicros: 1, outputMicros: 2 })
  const plugin = await engine.plugins.install({ companyId, plugin: 'scripted' })
  return {
    goalId: goal.id,
    projectId: project.id,
    sprintId: sprint.id,
    labelId: label.id,
    knowledgeEntryId: entry.id,
    pluginId: plugin.id,
    preferenceId: preference.id,
    priceId: price.id,
  }
}

/** An open one: a run of an agent of its own was not let work. */
async function furnishBreaker({ engine, adapter }: Pick<World, 'engine' | 'adapter'>, companyId: string) {
  const agent = await engine.agents.create({ companyId, name: 'Overworked', role: 'writer', adapterType: adapter.type })
  const task = await engine.tasks.create({ companyId, title: 'Try', assigneeAgentId: agent.id })
  const [queued] = (await engine.runs.list({ companyId, taskId: task.id })).items
  const input = { runId: queued?.id, workerId: 'worker' }
  // The registry's answer to runs.claim.
  const { credential } = (await engine.execute('runs.claim', { input, actor: systemActor })) as { credential: string }
  const actor = await engine.authenticate(credential)
  if (actor?.kind !== 'run') throw new Error('the credential of the claim is unknown')
  const outcome = { kind: 'failed', class: 'overloaded', message: 'busy', retryAfterMs: 3_600_000 } as const
  await engine.as(actor).runs.report({ runId: actor.id, outcome })
  const [breaker] = (await engine.breakers.list({ companyId })).items
  return breaker?.id ?? ''
}

/** A budget with room, from which a call of a run is held; and an incident of one that has none. */
async function furnishBudgets({ engine }: Pick<World, 'engine'>, { companyId, run }: { companyId: string; run: RunActor }) {
  const budget = await engine.budgets.set({ companyId, scope: 'company', metric: 'tokens', limit: 1_000_000_000 })
  const call = { runId: run.id, provider: 'any', model: 'any', inputTokens: 1, maxOutputTokens: 1 }
  const { holdId } = await engine.as(run).budgets.reserve(call)
  const agent = await engine.agents.create({ companyId, name: 'Broke', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
  await engine.budgets.set({ companyId, scope: 'agent', scopeId: agent.id, metric: 'runs', limit: 0 })
  const [incident] = (await engine.budgets.incidents({ companyId })).items
  return { budgetId: budget.id, holdId: holdId ?? '', incidentId: incident?.id ?? '' }
}

/** With a delivery that waits for somebody to send it. */
async function furnishRoute({ engine }: Pick<World, 'engine'>, companyId: string) {
  const input = { companyId, name: 'Route', destinationType: 'scripted', events: ['label.updated'] }
  const route = await engine.routes.create(input)
  const label = await engine.labels.create({ companyId, name: 'Sent' })
  await engine.labels.update({ labelId: label.id, name: 'Sent away' })
  const [delivery] = (await engine.deliveries.list({ companyId, routeId: route.id })).items
  return { routeId: route.id, deliveryId: delivery?.id ?? '' }
}

async function furnishRoutine({ engine }: Pick<World, 'engine'>, { companyId, agentId }: { companyId: string; agentId: string }) {
  const routine = await engine.routines.create({ companyId, name: 'Routine', task: { title: 'Again', assigneeAgentId: agentId } })
  const trigger = await engine.routines.addTrigger({ routineId: routine.id, kind: 'webhook', scheme: 'bearer' })
  const fire = await engine.routines.fire({ routineId: routine.id })
  return { routineId: routine.id, triggerId: trigger.id, fireId: fire.id }
}

async function furnishPeople({ engine }: Pick<World, 'engine'>, { companyId, agentId }: { companyId: string; agentId: string }) {
  const member = await engine.members.add({ companyId, name: 'Kim', email: `kim${(mails += 1)}@example.com`, role: 'owner' })
  const invite = await engine.invites.create({ companyId, role: 'viewer' })
  const key = await engine.keys.create({ agentId, name: 'Key' })
  return { memberId: member.id, userId: member.userId, inviteId: invite.id, keyId: key.id }
}
