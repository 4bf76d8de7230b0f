import type { Engine } from '@engine/core'

import { holdNewTask, type HeldTask } from '../company.ts'
import type { Prepare, Scene } from './call.ts'

export const confirmation = { kind: 'confirmation' as const, prompt: 'Go on?' }

/** What people say to a run that waits for it. */
export const interactionInputs: Readonly<Record<string, Prepare>> = {
  'interactions.answer': async ({ engine, ...scene }) => ({
    interactionId: await awaited(engine, { scene, ask: { kind: 'question', prompt: 'Why?' } }),
    text: 'Because.',
  }),
  'interactions.accept': async ({ engine, ...scene }) => ({
    interactionId: await awaited(engine, {
      scene,
      ask: { kind: 'suggested_tasks', prompt: 'So?', tasks: [{ key: 'a', title: 'A', assigneeAgentId: scene.agents[0] }] },
    }),
  }),
  'interactions.reject': async ({ engine, ...scene }) => ({ interactionId: await awaited(engine, { scene, ask: confirmation }) }),
  'interactions.cancel': async ({ engine, ...scene }) => ({ interactionId: await awaited(engine, { scene, ask: confirmation }) }),
  'interactions.expire': async ({ engine, hasty, ...scene }) => {
    const held = await holdNewTask(engine, scene)
    const wish = { taskId: held.taskId, ask: confirmation, waits: true, expiresInSec: 60 }
    const { id } = await hasty.as(held.actor).interactions.ask(wish)
    return { companyId: scene.companyId, interactionIds: [id] }
  },
}

/** Something that the agent of a held task asks, while its run goes on. */
export async function askAside(engine: Engine, { taskId, actor }: HeldTask): Promise<string> {
  return (await engine.as(actor).interactions.ask({ taskId, ask: confirmation })).id
}

type Ask = Parameters<Engine['interactions']['ask']>[0]['ask']

/** Something that a run waits for. */
async function awaited(engine: Engine, { scene, ask }: { scene: Pick<Scene, 'companyId' | 'agents'>; ask: Ask }): Promise<string> {
  const held = await holdNewTask(engine, scene)
  return (await engine.as(held.actor).interactions.ask({ taskId: held.taskId, ask, waits: true })).id
}
