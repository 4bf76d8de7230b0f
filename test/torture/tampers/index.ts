// P12: whoever owns the database changes the sealed log in any way that they like; the verification finds it and says where.
import { copyFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { createEngine, inspectDatabase, type Anchor, type AuditVerification } from '@engine/core'
import { scriptedAdapter, until } from '@engine/testing'

import { tamper, type Raw, type Where } from '../../support/audit.ts'
import { withClient } from '../../support/server-process.ts'
import { defineLoop, type Round, type Scene, type Stage } from '../loop.ts'
import { foundCompany } from '../support/company.ts'
import { leavePlace, newPlace, storageAt, type Place } from '../support/place.ts'
import { classes } from './classes.ts'
import { readChain, type Chain } from './chain.ts'

/** How many events the log has that is tampered with; other companies' events lie among them. */
const eventsOfChain = 10_000
const tasksOfBatch = 100

export const tampers = defineLoop({ name: 'tampers', storages: ['sqlite', 'postgres'], begin })

interface Theatre {
  readonly scene: Scene
  /** A sealed log that nobody changes; each round has a copy of it. */
  readonly original: Place
  readonly chain: Chain
  readonly anchors: readonly Anchor[]
}

async function begin(scene: Scene): Promise<Stage> {
  const original = await newPlace(scene)
  const anchors: Anchor[] = []
  const companyId = await fill(original, anchors)
  const chain = await withRaw(original, (raw) => readChain(raw, companyId))
  return {
    round: (round) => play({ scene, original, chain, anchors }, round),
    end: () => leavePlace(original),
  }
}

/** Some dozens of batches of any size, each anchored or not, as they come. */
async function fill(place: Place, published: Anchor[]): Promise<string> {
  const anchors = { spec: 'engine.anchor.v1', id: 'memory', publish: async (anchor: Anchor) => void published.push(anchor) } as const
  const settings = { sealMs: 20, anchorEvents: 1_000, anchorMs: 500 }
  const engine = await createEngine({ storage: storageAt(place), adapters: [scriptedAdapter()], settings, anchors })
  const [company, other] = [await foundCompany(engine, { agents: 1 }), await foundCompany(engine, { agents: 1 })]
  await engine.start()
  const { companyId } = company
  const create = (id: string, page: number, size: number) =>
    engine.tasks.createMany({ companyId: id, tasks: Array.from({ length: size }, (_, index) => ({ title: `Täsk ${page} ${index}` })) })
  for (let page = 0; page * tasksOfBatch < eventsOfChain; page += 1) {
    await Promise.all([create(companyId, page, tasksOfBatch), create(other.companyId, page, 5)])
    if (page % 2 === 0) await sealed(companyId)
  }
  await sealed(companyId)
  const { newestSeal } = await engine.audit.status({ companyId })
  await until(
    () => published.filter((anchor) => anchor.companyId === companyId).at(-1),
    (anchor) => anchor?.number === newestSeal?.number,
  )
  await engine.stop()
  return companyId

  async function sealed(id: string): Promise<void> {
    await until(
      () => engine.audit.status({ companyId: id }),
      ({ unsealed }) => unsealed.events === 0,
    )
  }
}

function whereOf(place: Place): Where {
  return place.storage === 'sqlite' ? { file: place.file } : { url: place.url }
}

async function withRaw<Result>(place: Place, work: (raw: Raw) => Promise<Result>): Promise<Result> {
  const results: Result[] = []
  await tamper(whereOf(place), async (raw) => void results.push(await work(raw)))
  const [result] = results
  if (result === undefined) throw new Error('the work gave no result')
  return result
}

async function copyOf({ scene, original }: Theatre): Promise<Place> {
  if (original.storage === 'sqlite') {
    const file = join(scene.folder, `${randomUUID()}.db`)
    copyFileSync(original.file, file)
    return { storage: 'sqlite', file }
  }
  const [from, to] = [new URL(original.url), new URL(original.url)]
  to.pathname = `/tampered_${randomUUID().slice(0, 8)}`
  await withClient(scene.postgresUrl, (client) =>
    client.query(`create database "${to.pathname.slice(1)}" template "${from.pathname.slice(1)}"`),
  )
  return { storage: 'postgres', url: to.href }
}

async function play(theatre: Theatre, round: Round): Promise<void> {
  const { chain } = theatre
  const tampering = classes[round.seed % classes.length]
  if (!tampering) throw new Error('there is no class of tampering')
  const place = await copyOf(theatre)
  try {
    const { family, random } = { family: place.storage, random: round.random }
    const done = await withRaw(place, (raw) => tampering.apply({ raw, chain, random, family }))
    const anchors = theatre.anchors.filter((anchor) => anchor.companyId === chain.companyId)
    const startedAt = performance.now()
    const found = await verify(place, { companyId: chain.companyId, anchors: tampering.needsAnchors ? anchors : [] })
    round.took('verification', performance.now() - startedAt)
    round.count('tampers')
    round.count(tampering.name)
    const [problem] = found.problems
    const number = tampering.needsAnchors ? firstAnchored(anchors, done.number) : done.number
    const position = problem?.kind === 'log_truncated' ? done.number : number
    if (problem?.number !== position || !tampering.kinds.includes(problem.kind)) {
      round.violation(`${tampering.name} (${done.what}) in batch ${position} was told as ${JSON.stringify(found.problems)}`)
      return
    }
    round.count('found with class and batch')
    if (problem.kind === tampering.kinds[0]) round.count('of these named as exactly what they were')
  } finally {
    await leavePlace(place)
  }
}

/** The first anchor that a change from this batch on contradicts. */
function firstAnchored(anchors: readonly Anchor[], number: number): number {
  return Math.min(...anchors.map((anchor) => anchor.number).filter((anchored) => anchored >= number))
}

async function verify(place: Place, given: { companyId: string; anchors: readonly Anchor[] }): Promise<AuditVerification> {
  const database = await inspectDatabase(storageAt(place))
  try {
    const [found] = await database.verifyAudit(given)
    if (!found) throw new Error('the company was not verified')
    return found
  } finally {
    await database.close()
  }
}
