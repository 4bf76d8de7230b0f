import type { Actor, Clock, Engine } from '@engine/core'
import { systemClock } from '@engine/core/plugin'

import { holdNewTask, type Company, type HeldTask } from '../company.ts'

/** One call that has an effect the first time it is made. It can be told to another process as JSON. */
export interface Call {
  readonly operation: string
  readonly actor: Actor
  readonly input: Readonly<Record<string, unknown>>
}

/** What cases are prepared with; nothing of it is started. */
export interface Preparation {
  readonly engine: Engine
  /** An engine on the same database whose leases run out at once, and whose clock is `slowClock`. */
  readonly hasty: Engine
}

export type Input = Call['input']
export type Scene = Preparation & Company
/** Makes ready what has to be there before the embedding program calls. */
export type Prepare = (scene: Scene) => Promise<Input>
/** The same for what only a person, an agent or a node calls for itself. */
export type PrepareOwn = (scene: Scene) => Promise<Pick<Call, 'actor' | 'input'>>
export type InputOfRun = (held: HeldTask, engine: Engine) => Input | Promise<Input>

/** What is asked for a minute by this clock has expired by that of everybody else. */
export const slowClock: Clock = { ...systemClock, now: () => systemClock.now() - 120_000 }

/** The bytes of a file, as JSON can have them. */
export const fileContent = Buffer.from('a file').toString('base64')

export async function newTask({ engine, companyId, agents: [assigneeAgentId = ''] }: Scene): Promise<string> {
  return (await engine.tasks.create({ companyId, title: 'Prepared', assigneeAgentId })).id
}

export async function newAttachment(engine: Engine, taskId: string): Promise<string> {
  return (await engine.attachments.upload({ taskId, name: 'notes.txt', content: fileContent })).id
}

/** A deliverable of a task and an agent of its own. */
export async function newDeliverable(engine: Engine, companyId: string): Promise<string> {
  const agent = await engine.agents.create({ companyId, name: 'Author', role: 'worker', adapterType: 'scripted', executionMode: 'manual' })
  const { taskId } = await holdNewTask(engine, { companyId, agents: [agent.id] })
  return (await engine.deliverables.submit({ taskId, title: 'Result', content: 'text' })).id
}
