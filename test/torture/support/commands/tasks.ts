import { holdNewTask } from '../company.ts'
import { newTask, type Prepare, type PrepareOwn, type Scene } from './call.ts'

/** Tasks, and the rules by which they find their agents. */
export const taskInputs: Readonly<Record<string, Prepare>> = {
  'tasks.create': async ({ companyId }) => ({ companyId, title: 'Created' }),
  'tasks.createMany': async ({ companyId }) => ({ companyId, tasks: [{ title: 'One' }, { title: 'Two' }] }),
  'tasks.update': async (scene) => ({ taskId: await newTask(scene), title: 'Changed', priority: 'high' }),
  'tasks.assign': async (scene) => ({ taskId: await newTask(scene), agentId: scene.agents[1] }),
  'tasks.route': async (scene) => ({ taskId: await newTask(scene) }),
  'tasks.checkout': async (scene) => ({ taskId: await newTask(scene) }),
  'tasks.cancel': async (scene) => ({ taskId: await newTask(scene) }),
  'tasks.updateMany': async (scene) => ({
    companyId: scene.companyId,
    tasks: [
      { taskId: await newTask(scene), title: 'Changed' },
      { taskId: await newTask(scene), priority: 'high' },
    ],
  }),
  'tasks.delete': async (scene) => ({ taskId: await newTask(scene) }),
  'tasks.deleteMany': async (scene) => ({ companyId: scene.companyId, taskIds: [await newTask(scene), await newTask(scene)] }),
  'tasks.forceRelease': async (scene) => {
    const { taskId } = await holdNewTask(scene.engine, scene)
    return { taskId, reason: 'it hangs', clearAssignee: true }
  },
  'tasks.pauseSubtree': async (scene) => ({ taskId: await newTree(scene), reason: 'not now' }),
  'tasks.resumeSubtree': async (scene) => {
    const taskId = await newTree(scene)
    await scene.engine.tasks.pauseSubtree({ taskId })
    return { taskId }
  },
  'tasks.cancelSubtree': async (scene) => ({ taskId: await newTree(scene) }),
  'tasks.markOverdue': async ({ engine, companyId }) => {
    const task = await engine.tasks.create({ companyId, title: 'Late', dueDate: '2020-01-01' })
    return { companyId, taskIds: [task.id] }
  },
  'routing.create': async ({ companyId, agents }) => ({
    companyId,
    name: 'Bugs',
    conditions: { tagsAny: ['bug'] },
    targetAgentId: agents[0],
  }),
  'routing.update': async (scene) => ({ routingRuleId: await newRule(scene), isEnabled: false }),
  'routing.reorder': async (scene) => {
    const [first, second] = [await newRule(scene), await newRule(scene)]
    return { companyId: scene.companyId, routingRuleIds: [second, first] }
  },
  'routing.delete': async (scene) => ({ routingRuleId: await newRule(scene) }),
}

/** What only agents call, for themselves. */
export const agentInputs: Readonly<Record<string, PrepareOwn>> = {
  'tasks.next': async (scene) => {
    await newTask(scene)
    const { companyId, agents } = scene
    return { actor: { kind: 'agent', id: agents[0] ?? '', companyId }, input: {} }
  },
}

/** A task with one below it. */
async function newTree(scene: Scene): Promise<string> {
  const parentId = await newTask(scene)
  await scene.engine.tasks.create({ companyId: scene.companyId, title: 'Below', parentId })
  return parentId
}

async function newRule({ engine, companyId, agents: [targetAgentId = ''] }: Scene): Promise<string> {
  return (await engine.routing.create({ companyId, name: 'Bugs', targetAgentId })).id
}
