// The edges of time that costs have and are asked for by, and the table that they are downloaded as.
import { describe, expect, it } from 'vitest'

import { createShop } from './support/budgets.ts'
import { errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

describe.each(['sqlite', 'postgres'])('costs, on %s', (storage) => {
  const open = async () => createShop({ storage: await newStorage(storage) })

  it('are found until the last day that there is', async () => {
    const { engine, companyId } = await open()
    const report = (sourceEventId: string, occurredAt: string) =>
      engine.costs.report({ companyId, sourceEventId, provider: 'somebody', costMicros: 1, occurredAt })
    await report('last of its day', '2026-10-31T23:59:59.999Z')
    await report('first of the next', '2026-11-01T00:00:00.000Z')
    const between = async (days: object) => (await engine.costs.list({ companyId, ...days })).items.map((cost) => cost.sourceEventId)
    expect(await between({ from: '0001-01-01', to: '9999-12-31' })).toEqual(['first of the next', 'last of its day'])
    expect(await between({ to: '2026-10-31' })).toEqual(['last of its day'])
    expect(await between({ from: '2026-11-01' })).toEqual(['first of the next'])
    expect(await between({ from: '2026-11-01', to: '2026-10-01' })).toEqual([])
  })

  it('have no time that a database can not keep', async () => {
    const { engine, companyId } = await open()
    const invalid = { code: 'invalid_input' }
    for (const occurredAt of ['0000-12-31T23:59:59Z', '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:59-10:00'])
      expect(await errorOf(engine.costs.report({ companyId, sourceEventId: 'x', provider: 'x', costMicros: 1, occurredAt }))).toMatchObject(
        invalid,
      )
    for (const from of ['0000-01-01', '2026-02-30', '2026-13-01', 'today'])
      expect(await errorOf(engine.costs.list({ companyId, from }))).toMatchObject(invalid)
  })

  it('of more days than a timeline has are refused before they are counted out', async () => {
    const { engine, companyId } = await open()
    const timeline = (days: object) => engine.costs.timeline({ companyId, ...days })
    for (const days of [
      { from: '0001-01-01', to: '9999-12-31' },
      { from: '2025-11-20', to: '2026-11-21' },
      { to: '2026-01-01', from: '2026-01-02' },
    ])
      expect(await errorOf(timeline(days))).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('1 to 366 days') })
    expect((await timeline({ from: '2025-11-21', to: '2026-11-21' })).days).toHaveLength(366)
    expect((await timeline({ to: '9999-12-31' })).days.at(-1)).toMatchObject({ day: '9999-12-31', costMicros: 0 })
  })

  it('are downloaded with the names of what they are of, in which no spreadsheet finds a formula', async () => {
    const { engine, companyId } = await open()
    const agent = await engine.agents.create({ companyId, name: '=1+1, "Ada"', role: 'writer', adapterType: 'scripted' })
    const project = await engine.projects.create({ companyId, name: '@Home, sweet home' })
    const task = await engine.tasks.create({ companyId, title: 'Work', projectId: project.id, assigneeAgentId: agent.id })
    const cost = { companyId, provider: 'somebody', costMicros: 1 }
    await engine.costs.report({ ...cost, sourceEventId: 'of nobody', occurredAt: '2026-11-01T00:00:00Z' })
    await engine.costs.report({ ...cost, sourceEventId: 'of all', taskId: task.id })
    const pieces: Uint8Array[] = []
    for await (const piece of (await engine.costs.export({ companyId })).content) pieces.push(piece)
    const text = Buffer.concat(pieces).toString()
    expect(text).toMatch(/^occurredAt,.+,createdAt,agentName,projectName,taskIdentifier,isPriced\r\n/)
    expect(text).toContain(`,"'=1+1, ""Ada""","'@Home, sweet home",${task.identifier},true\r\n`)
    expect(text).toMatch(/Z,,,,true\r\n$/)
  })
})
