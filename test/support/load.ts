import type { Engine } from '@engine/core'

export interface Load {
  /** Commands that were acknowledged so far. */
  readonly acknowledged: number
  /** Tasks whose creation was acknowledged so far. */
  readonly tasks: readonly string[]
  /** Ends it; rejects when a command failed. */
  stop(): Promise<void>
}

/** Keeps a company busy until it is stopped: tasks are created, checked out, worked on and ended, about 200 commands a second. */
export function startLoad(engine: Engine, given: { companyId: string; agentId: string }): Load {
  const stopping = new AbortController()
  const tasks: string[] = []
  let acknowledged = 0
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20))

  async function work(number: number): Promise<void> {
    const { id: taskId } = await engine.tasks.create({
      companyId: given.companyId,
      title: `Task ${number}`,
      assigneeAgentId: given.agentId,
    })
    tasks.push(taskId)
    const { run } = await engine.tasks.checkout({ taskId })
    await pause()
    await engine.tasks.progress({ taskId, percent: 50 })
    await engine.comments.create({ taskId, body: 'half way' })
    await pause()
    if (number % 3 === 0) await engine.tasks.release({ taskId })
    else await engine.runs.report({ runId: run.id, outcome: { kind: 'done' } })
    acknowledged += 5
  }

  async function worker(first: number): Promise<void> {
    for (let number = first; !stopping.signal.aborted; number += 2) await work(number)
  }

  const workers = [worker(0), worker(1)]
  return {
    tasks,
    get acknowledged() {
      return acknowledged
    },
    async stop() {
      stopping.abort()
      await Promise.all(workers)
    },
  }
}
