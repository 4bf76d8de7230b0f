import { join } from 'node:path'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createEngine, type Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'
import { createTestEngine, scriptedAdapter } from '@engine/testing'

import { until } from './support/engine.ts'
import { temporaryFolder } from './support/files.ts'
import { serveToNodes } from './support/nodes.ts'
import { startProgram } from './support/processes.ts'
import { newDatabase } from './support/storages.ts'

const blocker = new URL('./support/blocker.ts', import.meta.url)
const blockingNode = new URL('./support/blocking-node.ts', import.meta.url)
const leaseMs = 2_500
const blocksForMs = 2 * leaseMs

describe.each(['sqlite', 'postgres'])('a process on %s whose event loop is blocked by the code of its agent', (database) => {
  async function block(settings: object) {
    const where = database === 'sqlite' ? join(temporaryFolder(), 'engine.db') : await newDatabase('postgres')
    const storage = database === 'sqlite' ? sqlite(where) : postgres(where)
    // It takes back what ran out, and would execute it.
    const world = await createTestEngine({ storage, settings: { leaseMs, sweepMs: 50, pollMs: 50 } })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, agentId, adapter } = world
    let executedHere = 0
    adapter.script = async () => {
      executedHere += 1
      return { kind: 'done' }
    }
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId })
    const program = startProgram(blocker, { args: [where, JSON.stringify({ leaseMs, ...settings }), String(blocksForMs)] })
    await program.printed(/STARTED/)
    await engine.start()
    const runs = async () =>
      (await engine.runs.list({ companyId, taskId: task.id })).items.map(({ status, attempt }) => `${status} ${attempt}`)
    const taskStatus = async () => (await engine.tasks.get({ taskId: task.id })).status
    const endProgram = async () => {
      program.child.kill('SIGTERM')
      await program.printed(/STOPPED/)
      expect(await program.exited).toEqual({ code: 0, signal: null })
    }
    return { ...world, program, runs, taskStatus, endProgram, executedHere: () => executedHere }
  }

  it('keeps its lease for longer than the lease lasts, and nobody does its work a second time', { timeout: 60_000 }, async () => {
    const { program, runs, taskStatus, endProgram, executedHere } = await block({})
    await program.printed(/CAME BACK free/)
    await program.printed(/SUCCEEDED/)
    expect([await taskStatus(), await runs(), executedHere()]).toEqual(['done', ['succeeded 1'], 0])
    await endProgram()
  })

  it('loses it when it is blocked for longer than it may be, and stops by itself when it comes back', { timeout: 60_000 }, async () => {
    const { program, runs, taskStatus, endProgram, executedHere } = await block({ maxBlockedMs: 500 })
    await until(taskStatus, (status) => status === 'done', 30_000)
    await program.printed(/CAME BACK lease_(lost|not_renewed)/)
    await endProgram()
    expect(program.output()).not.toContain('SUCCEEDED')
    expect([await runs(), executedHere()]).toEqual([['lost 1', 'succeeded 2'], 1])
  })
})

describe('a node whose event loop is blocked by the code of its agent', () => {
  async function block(settings: object) {
    const world = await createTestEngine({
      storage: sqlite(':memory:'),
      settings: { leaseMs, sweepMs: 50, pollMs: 50, maxConcurrentRuns: 0 },
    })
    onTestFinished(() => world.engine.stop())
    const { engine, companyId, agentId } = world
    const { url } = await serveToNodes(engine)
    const { key } = await engine.nodes.createKey({ name: 'North' })
    const task = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agentId, maxAttempts: 1 })
    const program = startProgram(blockingNode, { args: [url, key, JSON.stringify(settings), String(blocksForMs)] })
    await program.printed(/STARTED/)
    await engine.start()
    const runs = async () =>
      (await engine.runs.list({ companyId, taskId: task.id })).items.map(({ status, attempt }) => `${status} ${attempt}`)
    return { program, runs }
  }

  it('has its leases renewed at the server meanwhile, and goes on', { timeout: 60_000 }, async () => {
    const { program, runs } = await block({})
    await program.printed(/CAME BACK free/)
    await until(runs, ([status]) => status === 'succeeded 1', 10_000)
    program.child.kill('SIGTERM')
    await program.printed(/STOPPED/)
    expect(await program.exited).toEqual({ code: 0, signal: null })
  })

  it('loses its run when it is blocked for too long', { timeout: 60_000 }, async () => {
    const { program, runs } = await block({ maxBlockedMs: 500 })
    await program.printed(/CAME BACK lease_(lost|not_renewed)/)
    expect(await runs()).toEqual(['lost 1'])
  })
})

describe('a storage whose thread can not be used', () => {
  const broken: Readonly<Record<string, string>> = {
    'is not there': 'file:///nowhere/thread.js',
    'can not connect': 'data:text/javascript,export const connect = async () => { throw new Error("no") }',
  }
  it.each(Object.entries(broken))('leaves leases to the event loop: its module %s', { timeout: 30_000 }, async (_, module) => {
    const file = sqlite(join(temporaryFolder(), 'engine.db'))
    const storage: Storage = { ...file, open: (purpose) => ({ ...file.open(purpose), thread: { module, target: null } }) }
    const adapter = scriptedAdapter()
    adapter.script = async () => {
      await new Promise((resolve) => setTimeout(resolve, 2_500))
      return { kind: 'done' }
    }
    const engine = await createEngine({ storage, adapters: [adapter], settings: { leaseMs: 1_500, sweepMs: 50, pollMs: 50 } })
    onTestFinished(() => engine.stop())
    const { id: companyId } = await engine.companies.create({ name: 'Acme' })
    const agent = await engine.agents.create({ companyId, name: 'Ada', role: 'writer', adapterType: adapter.type })
    await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agent.id })
    await engine.start()
    const runs = await until(
      async () => (await engine.runs.list({ companyId })).items,
      (items) => items.some(({ finishedAt }) => finishedAt !== null),
      20_000,
    )
    expect(runs.map(({ status, attempt }) => [status, attempt])).toEqual([['succeeded', 1]])
  })
})
