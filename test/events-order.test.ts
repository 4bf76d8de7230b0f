import { expect, it, onTestFinished } from 'vitest'

import { createEngine } from '@engine/core'
import { scriptedAdapter } from '@engine/testing'

import { newStorage } from './support/storages.ts'

// A call with an idempotency key writes before it waits for the task: its transaction begins first and may commit last.
it("a task's events are read in the order of its versions, also when a call with a key began first and ended last", async () => {
  const [began, mayGoOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let waits = false
  const engine = await createEngine({
    storage: await newStorage('postgres'),
    adapters: [scriptedAdapter()],
    probe: async (step) => {
      if (!waits || step !== 'tasks.progress.begun') return
      waits = false
      began.resolve()
      await mayGoOn.promise
    },
  })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const agent = await engine.agents.create({ companyId, name: 'Ada', role: 'writer', adapterType: 'scripted', executionMode: 'manual' })
  const { id: taskId } = await engine.tasks.create({ companyId, title: 'Write', assigneeAgentId: agent.id })
  await engine.tasks.checkout({ taskId })
  waits = true
  const keyed = engine.tasks.progress({ taskId, percent: 20 }, { idempotencyKey: 'once' })
  await began.promise
  await engine.tasks.progress({ taskId, percent: 10 })
  mayGoOn.resolve()
  await keyed
  const { items } = await engine.events.list({ companyId, limit: 100 })
  const versions = items.filter((event) => event.entity.id === taskId).map((event) => event.entity.version)
  expect(versions).toEqual(versions.toSorted((left, right) => left - right))
})
