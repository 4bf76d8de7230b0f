import { createEngine, type Engine } from '@engine/core'
import { serve } from '@engine/http'
import { sqlite } from '@engine/storage-sqlite'
import { scriptedAdapter } from '@engine/testing'

export interface LargeWorld {
  readonly engine: Engine
  readonly companyId: string
  readonly url: string
  /** How many. */
  readonly tasks: number
  close(): Promise<void>
}

const perCall = 100

/** A served company with very many tasks: every second one is somebody's, some bear a label. */
export async function createLargeWorld(board: URL, tasks: number): Promise<LargeWorld> {
  const adapter = scriptedAdapter()
  const engine = await createEngine({ storage: sqlite(':memory:'), adapters: [adapter] })
  const { id: companyId } = await engine.companies.create({ name: 'Large', taskPrefix: 'LARGE' })
  const hire = async (name: string) =>
    (await engine.agents.create({ companyId, name, role: 'worker', adapterType: adapter.type, executionMode: 'manual' })).id
  const agents = [await hire('Ada Byron'), await hire('Rui'), await hire('Kim Osei')]
  await engine.labels.create({ companyId, name: 'urgent' })
  for (let from = 0; from < tasks; from += perCall) {
    const batch = Array.from({ length: perCall }, (_, at) => taskAt(from + at, agents))
    await engine.tasks.createMany({ companyId, tasks: batch })
  }
  const server = await serve({ engine, port: 0, board })
  const close = async () => {
    await server.close()
    await engine.stop()
  }
  return { engine, companyId, url: server.url, tasks, close }
}

function taskAt(index: number, agents: readonly string[]) {
  const assigneeAgentId = index % 2 === 0 ? agents[index % agents.length] : undefined
  return {
    title: `Task number ${index + 1}`,
    ...(assigneeAgentId !== undefined && { assigneeAgentId }),
    ...(index % 5 === 0 && { labels: ['urgent'] }),
  }
}
