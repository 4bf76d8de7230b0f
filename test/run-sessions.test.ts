import { afterEach, describe, expect, it } from 'vitest'

import type { Storage } from '@engine/core'
import type { AdapterTurn, AgentTool, JsonObject, RunOutcome } from '@engine/core/plugin'

import { createWorld, until, type World } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

let world: World

afterEach(() => world.engine.stop())

async function opened({ storage, sessionRuns }: { storage: () => Promise<Storage>; sessionRuns: number }) {
  world = await createWorld({ storage: await storage(), settings: { sessionRuns } })
  await world.engine.start()
}

/** Starts a task and answers with it when it is done or stands still. */
async function work(title: string, status: 'done' | 'blocked' = 'done') {
  const { engine, companyId, agentId } = world
  const task = await engine.tasks.create({ companyId, title, assigneeAgentId: agentId })
  return until(
    () => engine.tasks.get({ taskId: task.id }),
    (now) => now.status === status,
  )
}

async function again(taskId: string, runId: string) {
  const { engine } = world
  const before = world.adapter.turns.length
  await engine.runs.retry({ runId })
  await until(
    async () => world.adapter.turns.length,
    (turns) => turns > before,
  )
  await until(
    () => engine.tasks.get({ taskId }),
    (task) => task.status === 'blocked',
  )
}

async function lastRun(taskId: string) {
  const { items } = await world.engine.runs.list({ companyId: world.companyId, taskId })
  const run = items.at(-1)
  if (!run) throw new Error('there is no run')
  return run
}

const blocked: RunOutcome = { kind: 'blocked', reason: 'something is missing' }

describe.each(['sqlite', 'postgres'])('what a run leaves for the next one, on %s', (storage) => {
  const open = () => opened({ storage: () => newStorage(storage), sessionRuns: 3 })

  /** An agent whose runs count themselves in their session, and stand still. */
  function counts(seen: (JsonObject | null)[]) {
    return async ({ session, emit }: AdapterTurn) => {
      seen.push(session)
      await emit({ type: 'usage', usage: { inputTokens: 10 } })
      await emit({ type: 'session', state: { runs: Number(session?.['runs'] ?? 0) + 1 } })
      return blocked
    }
  }

  it('is given to it, and to no other task', async () => {
    await open()
    const seen: (JsonObject | null)[] = []
    world.adapter.script = counts(seen)
    const task = await work('First', 'blocked')
    await again(task.id, (await lastRun(task.id)).id)
    await work('Second', 'blocked')
    expect(seen).toEqual([null, { runs: 1 }, null])
  })

  it('ends when it has become long, when the agent is set up otherwise, and when the adapter says so', async () => {
    await open()
    const seen: (JsonObject | null)[] = []
    world.adapter.script = counts(seen)
    const task = await work('Long', 'blocked')
    for (let round = 0; round < 4; round += 1) await again(task.id, (await lastRun(task.id)).id)
    expect(seen).toEqual([null, { runs: 1 }, { runs: 2 }, null, { runs: 1 }])
    await world.engine.agents.update({ agentId: world.agentId, instructions: 'Be brief.' })
    await again(task.id, (await lastRun(task.id)).id)
    expect(seen.at(-1)).toBeNull()
    world.adapter.script = async ({ session, emit }) => {
      seen.push(session)
      await emit({ type: 'session', state: null })
      return blocked
    }
    await again(task.id, (await lastRun(task.id)).id)
    await again(task.id, (await lastRun(task.id)).id)
    expect(seen.slice(-2)).toEqual([{ runs: 1 }, null])
  })

  it('is also left by a run that its host had to stop, with what it consumed', async () => {
    await open()
    const { adapter, engine } = world
    adapter.script = async ({ emit, signal }) => {
      await emit({ type: 'usage', usage: { inputTokens: 7, costMicros: 3 } })
      await emit({ type: 'session', state: { conversation: 'abc' } })
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { kind: 'failed', class: 'transient', message: 'stopped' }
    }
    const task = await engine.tasks.create({ companyId: world.companyId, title: 'Long', assigneeAgentId: world.agentId })
    await until(
      async () => adapter.turns.length,
      (turns) => turns === 1,
    )
    const events: string[] = []
    engine.on('run.cancelled', ({ entity }) => void events.push(entity.id))
    const runId = (await lastRun(task.id)).id
    await until(
      () => engine.runs.get({ runId }),
      (run) => run.status === 'running',
    )
    // What a host does that stops: see the loops.
    const turn = adapter.turns[0]
    expect(turn?.session).toBeNull()
    await engine.as({ ...runActor(await lastRun(task.id)) }).runs.handBack({
      runId,
      reason: 'host_stopping',
      session: { conversation: 'abc' },
    })
    expect(events).toEqual([runId])
    expect((await engine.runs.get({ runId })).usage).toMatchObject({ inputTokens: 7, costMicros: 3 })
    await until(
      async () => adapter.turns.at(-1)?.session,
      (session) => session !== null,
    )
    expect(adapter.turns.at(-1)?.session).toEqual({ conversation: 'abc' })
  })
})

function runActor({ id, companyId, agentId, taskId, fence }: Awaited<ReturnType<typeof lastRun>>) {
  return { kind: 'run' as const, id, companyId, agentId, taskId, fence: fence ?? 0 }
}

describe('the tools of a run', () => {
  /** Runs one task whose agent does this with its tools. */
  async function withTools(act: (tool: (name: string) => AgentTool, turn: AdapterTurn) => Promise<void>) {
    world = await createWorld()
    await world.engine.start()
    const failures: unknown[] = []
    world.adapter.script = async (turn) => {
      const tool = (name: string) => {
        const found = turn.tools.find((each) => each.name === name)
        if (!found) throw new Error(`there is no tool ${name}`)
        return found
      }
      await act(tool, turn).catch((error: unknown) => failures.push(error))
      return { kind: 'done' }
    }
    const task = await work('With tools')
    expect(failures).toEqual([])
    return task
  }

  it('do what the run may do, about its own task unless it names another', async () => {
    const task = await withTools(async (tool) => {
      expect(await tool('comments_create').call({ body: 'Looking at it.' })).toMatchObject({
        isError: false,
        output: { body: 'Looking at it.' },
      })
      expect(await tool('tasks_create').call({ title: 'A part of it' })).toMatchObject({
        isError: false,
        output: { title: 'A part of it' },
      })
      const found = await tool('tasks_get').call({})
      expect(found).toMatchObject({ isError: false, output: { title: 'With tools' } })
      expect(await tool('tasks_get').call({ taskId: 'ACM-2' })).toMatchObject({ isError: false, output: { title: 'A part of it' } })
    })
    expect((await world.engine.comments.list({ taskId: task.id })).items).toMatchObject([
      { body: 'Looking at it.', author: { kind: 'agent', id: world.agentId } },
    ])
  })

  it('answer what a model got wrong, so that it can do better', async () => {
    await withTools(async (tool) => {
      expect(await tool('comments_create').call({ text: 'x' })).toMatchObject({ isError: true, code: 'invalid_input' })
      expect(await tool('comments_create').call('hello')).toMatchObject({ isError: true, code: 'invalid_input' })
      expect(await tool('tasks_get').call({ taskId: 'ACM-99' })).toMatchObject({ isError: true, code: 'not_found' })
      const other = await world.engine.tasks.create({ companyId: world.companyId, title: 'Not its own' })
      expect(await tool('documents_put').call({ taskId: other.id, key: 'plan', title: 'Plan', body: 'x' })).toMatchObject({
        isError: true,
        code: 'forbidden',
      })
    })
  })

  it('reach nothing of another company, whatever a model writes', async () => {
    await withTools(async (tool) => {
      const { id: otherCompany } = await world.engine.companies.create({ name: 'Beta' })
      const foreign = await world.engine.tasks.create({ companyId: otherCompany, title: 'Secret' })
      expect(await tool('tasks_get').call({ taskId: foreign.id })).toMatchObject({ isError: true, code: 'not_found' })
      const listed = await tool('tasks_list').call({ companyId: otherCompany })
      expect(listed).toMatchObject({ isError: false })
      expect(JSON.stringify(listed)).not.toContain('Secret')
    })
  })

  it('say what they take without what the run determines by itself', async () => {
    await withTools(async (tool, { tools }) => {
      for (const { inputSchema } of tools) {
        expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
        expect(Object.keys(Object(inputSchema['properties']))).not.toContain('companyId')
      }
      expect(tool('comments_create').inputSchema['required']).toEqual(['body'])
    })
  })

  it('end with the run: a call after that rejects and changes nothing', async () => {
    const kept: AgentTool[] = []
    const task = await withTools(async (tool) => void kept.push(tool('comments_create')))
    await expect(kept[0]?.call({ body: 'still here' })).rejects.toMatchObject({ code: 'lease_lost' })
    expect((await world.engine.comments.list({ taskId: task.id })).items).toEqual([])
  })
})

it('shows the calls of tools that an agent used by itself in the log of its run', async () => {
  world = await createWorld()
  await world.engine.start()
  world.adapter.script = async ({ emit }) => {
    await emit({ type: 'tool_call', name: 'bash', input: { command: 'ls' }, output: 'README.md', durationMs: 12.4 })
    return { kind: 'done' }
  }
  const task = await work('Look around')
  const { items } = await world.engine.runs.log({ runId: (await lastRun(task.id)).id })
  expect(items).toMatchObject([{ stream: 'system', text: 'bash {"command":"ls"} → done (12 ms) "README.md"\n' }])
})
