import { join } from 'node:path'

import { expect, it, onTestFinished } from 'vitest'

import type { Engine, Storage } from '@engine/core'
import { postgres } from '@engine/storage-postgres'
import { sqlite } from '@engine/storage-sqlite'

import { sealsOf, untilSealed } from './support/audit.ts'
import { foundCompany, openEngine } from './support/company.ts'
import { temporaryFolder } from './support/files.ts'
import { startLoad } from './support/load.ts'
import { startProgram } from './support/processes.ts'
import { newDatabase } from './support/storages.ts'

const program = new URL('./support/sealing-writer.ts', import.meta.url)
const settings = { sealMs: 20 }

/** Every event is in one sealed batch, no number is missing or twice, and the hashes are right. */
async function expectSoundChain(engine: Engine, companyId: string, leastSeals: number): Promise<void> {
  await untilSealed(engine, companyId)
  const seals = await sealsOf(engine, companyId)
  expect(seals.length).toBeGreaterThan(leastSeals)
  expect(seals.map((seal) => seal.number)).toEqual(seals.map((_, index) => index + 1))
  for (const [index, seal] of seals.entries()) expect(seal.firstSeq).toBeGreaterThan(seals[index - 1]?.lastSeq ?? 0)
  const events: number[] = []
  for (let cursor: string | null | undefined = undefined; cursor !== null;) {
    const page: Awaited<ReturnType<typeof engine.events.list>> = await engine.events.list({
      companyId,
      limit: 100,
      ...(cursor && { cursor }),
    })
    events.push(...page.items.map((event) => event.seq))
    cursor = page.nextCursor
  }
  const inOne = (seq: number) => seals.filter(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq).length === 1
  expect(events.filter((seq) => !inOne(seq))).toEqual([])
  expect(seals.reduce((sum, seal) => sum + seal.count, 0)).toBe(events.length)
  expect(await engine.audit.verify({ companyId })).toMatchObject({ isSound: true, problems: [], events: events.length })
}

async function started(storage: Storage): Promise<Engine> {
  const { engine } = await openEngine(storage, settings)
  onTestFinished(() => engine.stop())
  await engine.start()
  return engine
}

it('eight engines that write and seal at the same time on Postgres make one chain without a gap', { timeout: 120_000 }, async () => {
  const url = await newDatabase()
  const company = await foundCompany(postgres(url))
  onTestFinished(() => company.engine.stop())
  const engines = await Promise.all(Array.from({ length: 8 }, () => started(postgres(url))))
  const loads = engines.map((engine) => startLoad(engine, company))
  const enough = () => loads.reduce((sum, load) => sum + load.acknowledged, 0) > 600
  while (!enough()) await new Promise((resolve) => setTimeout(resolve, 20))
  await Promise.all(loads.map((load) => load.stop()))
  const { agentId } = company
  await company.engine.agents.get({ agentId })
  await expectSoundChain(company.engine, company.companyId, 5)
})

it(
  'two processes on one file, twenty minutes apart, of which one is killed, make one chain without a gap',
  { timeout: 120_000 },
  async () => {
    const file = join(temporaryFolder(), 'engine.db')
    const { engine, companyId } = await foundCompany(sqlite(file))
    onTestFinished(() => engine.stop())
    const [ahead, behind] = [600_000, -600_000].map((aheadMs) => startProgram(program, { args: [file, companyId, `${aheadMs}`] }))
    if (!ahead || !behind) throw new Error('both were started')
    const sealed = async (least: number) => {
      while ((await sealsOf(engine, companyId)).length < least) {
        expect([behind.child.exitCode, behind.output()]).toEqual([null, 'WRITES\n'])
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
    await Promise.all([ahead.printed(/WRITES/), behind.printed(/WRITES/)])
    await sealed(5)
    ahead.child.kill('SIGKILL')
    await ahead.exited
    await sealed((await sealsOf(engine, companyId)).length + 5)
    behind.child.kill('SIGTERM')
    expect(await behind.exited).toMatchObject({ code: 0 })
    // Whatever the two left is sealed by the next one.
    const next = await started(sqlite(file))
    await expectSoundChain(next, companyId, 9)
  },
)
