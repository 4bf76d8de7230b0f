import { claimNewRun, genuineHeaders } from '../../../support/callbacks.ts'
import { foundCompany, holdNewTask, wait } from '../company.ts'
import type { Prepare, Scene } from './call.ts'

export const runInputs: Readonly<Record<string, Prepare>> = {
  'runs.claim': async (scene) => ({ runId: await queuedRun(scene), workerId: 'worker' }),
  'runs.postpone': async (scene) => ({
    runId: await queuedRun(scene),
    refusal: { code: 'budget_exceeded', message: 'Others hold what is left.' },
  }),
  'runs.sweep': async (scene) => {
    const held = await holdNewTask(scene.hasty, scene)
    // Its lease was for one millisecond.
    await wait(20)
    return { runId: held.runId }
  },
  'runs.recordLateUsage': async (scene) => ({
    runId: await queuedRun(scene),
    fence: 1,
    usages: [{ sequence: 1, provider: 'a', costMicros: 5 }],
  }),
  'runs.receiveCallback': async (scene) => {
    const runId = await claimNewRun(scene.engine, { companyId: scene.companyId, adapterType: 'scripted' })
    return { runId, body: '{}', headers: genuineHeaders() }
  },
  'runs.cancel': async (scene) => ({ runId: await queuedRun(scene) }),
  'runs.retry': async (scene) => {
    const runId = await queuedRun(scene)
    await scene.engine.runs.cancel({ runId })
    return { runId }
  },
}

/** A queued run of a task whose agent is executed by an engine. */
async function queuedRun({ engine }: Scene): Promise<string> {
  const company = await foundCompany(engine, { agents: 1, isExecuted: true })
  const [agentId = ''] = company.agents
  const task = await engine.tasks.create({ companyId: company.companyId, title: 'Queued', assigneeAgentId: agentId })
  const [run] = (await engine.runs.list({ companyId: company.companyId, taskId: task.id })).items
  if (!run) throw new Error('an assigned task of an executed agent queued no run')
  return run.id
}
