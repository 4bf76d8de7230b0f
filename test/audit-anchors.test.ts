import { spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { appendFileSync, copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import { fileAnchors, inspectDatabase, readAnchors, type Anchor, type Engine } from '@engine/core'
import { sqlite } from '@engine/storage-sqlite'
import { createTestEngine, errorOf, until } from '@engine/testing'

import { sealsOf, tamper, untilSealed } from './support/audit.ts'
import { temporaryFolder } from './support/files.ts'
import { startProgram } from './support/processes.ts'

const bin = new URL('../packages/cli/src/bin.ts', import.meta.url)
/** Every seal is anchored at once. */
const eager = { sealMs: 20, anchorEvents: 1 }

/** A database file with its anchors, both in a folder of their own. */
function newPlace() {
  const folder = temporaryFolder()
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { folder, file: join(folder, 'engine.db'), path: join(folder, 'anchors.jsonl'), privateKey, publicKey }
}
type Place = ReturnType<typeof newPlace>

async function open(place: Place, settings: object = eager) {
  const anchors = fileAnchors({ path: place.path, privateKey: place.privateKey })
  const world = await createTestEngine({ storage: sqlite(place.file), agentMode: 'manual', settings, anchors })
  onTestFinished(() => world.engine.stop())
  await world.engine.start()
  return world
}

async function anchored(place: Place, engine: Engine, companyId: string): Promise<readonly Anchor[]> {
  await untilSealed(engine, companyId)
  const newest = (await engine.audit.status({ companyId })).newestSeal
  const read = async () =>
    (await readAnchors(place).catch(() => ({ anchors: [] }))).anchors.filter((anchor) => anchor.companyId === companyId)
  return until(read, (anchors) => anchors.at(-1)?.number === newest?.number)
}

async function work(engine: Engine, companyId: string, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    await engine.tasks.createMany({ companyId, tasks: [{ title: `One ${round}` }, { title: `Two ${round}` }] })
    await untilSealed(engine, companyId)
  }
}

async function verified({ file, path, publicKey }: Place) {
  await using database = await inspectDatabase(sqlite(file))
  const { anchors } = await readAnchors({ path, publicKey })
  return await database.verifyAudit({ anchors })
}

describe('anchors in a file', () => {
  it('say how far each company is sealed, signed, and agree with the seals', async () => {
    const place = newPlace()
    const { engine, companyId } = await open(place)
    await work(engine, companyId, 3)
    const anchors = await anchored(place, engine, companyId)
    const seals = await sealsOf(engine, companyId)
    for (const { number, lastSeq, seal, epoch } of anchors) expect(seals[number - 1]).toMatchObject({ number, lastSeq, seal, epoch })
    expect(statSync(place.path).mode & 0o777).toBe(0o600)
    expect(await verified(place)).toMatchObject([{ companyId, isSound: true, anchors: anchors.length }])
    expect(await engine.audit.verify({ companyId, anchors: [...anchors] })).toMatchObject({ isSound: true, anchors: anchors.length })
  })

  it('are written after so long, however few events there were', async () => {
    const place = newPlace()
    const { engine, companyId } = await open(place, { sealMs: 20, anchorEvents: 1_000_000, anchorMs: 50 })
    const before = await anchored(place, engine, companyId)
    await work(engine, companyId, 1)
    expect((await anchored(place, engine, companyId)).length).toBeGreaterThan(before.length)
  })

  it('are written after so many events, however soon, and only when there is something new', async () => {
    const place = newPlace()
    const { engine, companyId } = await open(place, { sealMs: 20, anchorEvents: 10 })
    await anchored(place, engine, companyId)
    await work(engine, companyId, 8)
    await until(
      async () => (await readAnchors(place)).anchors,
      (anchors) => anchors.length > 1,
    )
    const [first, second] = (await readAnchors(place)).anchors
    const seals = await sealsOf(engine, companyId)
    const between = seals.slice(first?.number, second?.number).reduce((sum, seal) => sum + seal.count, 0)
    expect(between).toBeGreaterThanOrEqual(10)
    await engine.stop()
    const said = readFileSync(place.path, 'utf8')
    // Another process, which does not know what this one wrote.
    const last = (await readAnchors(place)).anchors.at(-1)
    if (last) await fileAnchors(place).publish(last)
    expect(readFileSync(place.path, 'utf8')).toBe(said)
  })

  it('find that the end of the log was cut off, and where', async () => {
    const place = newPlace()
    const { engine, companyId } = await open(place)
    // Of seals that come while an anchor is being written only the newest is anchored.
    for (let round = 0; round < 4; round += 1) {
      await work(engine, companyId, 1)
      await anchored(place, engine, companyId)
    }
    const seals = await sealsOf(engine, companyId)
    await engine.stop()
    const last = seals.at(-3)
    await tamper({ file: place.file }, async (raw) => {
      await raw.run(`delete from events where seq > ${last?.lastSeq}`)
      await raw.run(`delete from seals where number > ${last?.number}`)
    })
    await using database = await inspectDatabase(sqlite(place.file))
    expect(await database.verifyAudit()).toMatchObject([{ isSound: true }])
    expect(await verified(place)).toMatchObject([
      {
        isSound: false,
        problems: [
          {
            kind: 'log_truncated',
            number: (last?.number ?? 0) + 1,
            message: expect.stringContaining(`Batch ${last?.number} is as it was`),
          },
        ],
      },
    ])
  })

  it('find that a company is gone', async () => {
    const place = newPlace()
    const { engine, companyId } = await open(place)
    await anchored(place, engine, companyId)
    await engine.stop()
    await tamper({ file: place.file }, async (raw) => {
      for (const table of ['events', 'seals', 'agents', 'company_counters', 'companies']) await raw.run(`delete from ${table}`)
    })
    expect(await verified(place)).toMatchObject([{ companyId, isSound: false, problems: [{ kind: 'log_truncated', number: 1 }] }])
  })

  it('contradict a copy from before, which keeps its chain and goes on with it', async () => {
    const place = newPlace()
    const { engine, companyId } = await open(place)
    await work(engine, companyId, 2)
    const copy = { ...newPlace(), file: join(place.folder, 'copy.db') }
    await engine.backup(copy.file)
    const sealedBefore = await sealsOf(engine, companyId)
    await work(engine, companyId, 3)
    await anchored(place, engine, companyId)
    await engine.stop()
    expect(await verified({ ...copy, path: place.path, publicKey: place.publicKey })).toMatchObject([
      { problems: [{ kind: 'log_truncated' }] },
    ])

    const restored = await createTestEngine({ storage: sqlite(copy.file), settings: eager })
    onTestFinished(() => restored.engine.stop())
    await restored.engine.start()
    await work(restored.engine, companyId, 2)
    const seals = await sealsOf(restored.engine, companyId)
    expect(seals.slice(0, sealedBefore.length)).toEqual(sealedBefore)
    expect(seals.slice(sealedBefore.length).map((seal) => seal.epoch)).toContain(2)
    expect(await restored.engine.audit.verify({ companyId })).toMatchObject({ isSound: true, unsealed: { events: 0 } })
  })

  it('that were changed, or signed by somebody else, are told from others', async () => {
    const place = newPlace()
    const { engine, companyId } = await open(place)
    const [anchor] = await anchored(place, engine, companyId)
    await engine.stop()
    if (!anchor) throw new Error('nothing was anchored')
    const other = generateKeyPairSync('ed25519')
    const forged = join(place.folder, 'forged.jsonl')
    await fileAnchors({ path: forged, privateKey: other.privateKey }).publish(anchor)
    const line = readFileSync(place.path, 'utf8')
    const foreign = readFileSync(forged, 'utf8')
    appendFileSync(place.path, `${foreign}${line.replace('"number":1', '"number":2')}half a li`)
    const { anchors, problems } = await readAnchors(place)
    expect(anchors).toHaveLength(line.trim().split('\n').length)
    expect(problems).toMatchObject(
      [/not signed by this key/, /not signed by this key/, /can not be read/].map((pattern) => expect.stringMatching(pattern)),
    )
    // What comes after half a line is a line of its own.
    await fileAnchors(place).publish({ ...anchor, number: 9, seal: 'f'.repeat(64) })
    expect((await readAnchors(place)).anchors.at(-1)?.number).toBe(9)
    expect(() => fileAnchors({ path: forged, privateKey: generateKeyPairSync('x25519').privateKey })).toThrow('Ed25519')
    expect(await errorOf(readAnchors({ ...place, path: join(place.folder, 'none') })).catch((error: unknown) => String(error))).toContain(
      'ENOENT',
    )
  })

  it('that cannot be written now are written later, and hold up nothing', async () => {
    const place = newPlace()
    let isBroken = true
    const published: Anchor[] = []
    const publish = async (anchor: Anchor) => {
      if (isBroken) throw new Error('no disk')
      published.push(anchor)
    }
    const anchors = { spec: 'engine.anchor.v1', id: 'test', publish } as const
    const { engine, companyId } = await createTestEngine({ storage: sqlite(place.file), anchors, settings: eager })
    onTestFinished(() => engine.stop())
    await engine.start()
    await work(engine, companyId, 2)
    expect(published).toEqual([])
    isBroken = false
    const { newestSeal } = await engine.audit.status({ companyId })
    await until(
      () => published.at(-1),
      (anchor) => anchor?.seal === newestSeal?.seal,
    )
  })
})

describe('engine audit verify', () => {
  function run(place: Place, args: readonly string[] = []) {
    const url = `file:${place.file}`
    const all = ['--conditions=engine-source', fileURLToPath(bin), 'audit', 'verify', '--database-url', url, ...args]
    const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' })
    return { status, output: `${stdout}${stderr}` }
  }

  it('exits with 0 for a log that is as it was sealed, and with 1 for one that is not', { timeout: 60_000 }, async () => {
    const place = newPlace()
    writeFileSync(join(place.folder, 'anchors.public.pem'), place.publicKey.export({ type: 'spki', format: 'pem' }))
    const { engine, companyId } = await open(place)
    await work(engine, companyId, 3)
    await anchored(place, engine, companyId)
    // Also beside an engine that runs.
    const sound = run(place, ['--company', companyId])
    expect(sound).toMatchObject({ status: 0, output: expect.stringContaining('Without --anchors') })
    await engine.stop()
    const saved = join(place.folder, 'saved.db')
    copyFileSync(place.file, saved)
    expect(run(place, ['--anchors', place.path])).toMatchObject({ status: 0, output: expect.stringContaining('Sound: every sealed event') })

    await tamper({ file: place.file }, (raw) =>
      raw.run(`update events set type = 'task.updated' where type = 'task.created' and seq = (select max(seq) from events)`),
    )
    const edited = run(place)
    expect(edited.status).toBe(1)
    expect(edited.output).toMatch(new RegExp(`BROKEN  company ${companyId}.*\n +events_edited: Batch \\d+: .*\\(events \\d+ to \\d+\\)`))
    const json = JSON.parse(run(place, ['--json']).output) as { isSound: boolean; companies: object[] }
    expect(json).toMatchObject({ isSound: false, companies: [{ companyId, problems: [{ kind: 'events_edited' }] }] })

    appendFileSync(place.path, '{}\n')
    copyFileSync(saved, place.file)
    expect(run(place, ['--anchors', place.path])).toMatchObject({ status: 1, output: expect.stringContaining('can not be read') })
    expect(run(place, ['--company', '01890000-0000-7000-8000-000000000000'])).toMatchObject({
      status: 1,
      output: expect.stringContaining('no company'),
    })
  })

  it('finds the anchors that the server wrote beside its data', { timeout: 60_000 }, async () => {
    const folder = temporaryFolder()
    const server = startProgram(bin, { args: ['serve', '--port', '0', '--no-demo'], cwd: folder })
    const [, url = ''] = await server.printed(/ready on (http:\S+)/)
    const made = await fetch(`${url}/api/companies`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"Acme"}',
    })
    expect(made.status).toBe(201)
    const data = join(folder, 'data')
    const file = join(data, 'anchors.jsonl')
    await until(
      () => readFileSync(file, { encoding: 'utf8', flag: 'a+' }),
      (text) => text.includes('"number":1'),
      30_000,
    )
    server.child.kill('SIGTERM')
    await server.exited
    expect(statSync(join(data, 'anchors.key.pem')).mode & 0o777).toBe(0o600)
    const args = ['--conditions=engine-source', fileURLToPath(bin), 'audit', 'verify', '--anchors', file]
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd: folder })
    expect(stdout).toContain('1 anchors agree')
    expect(status).toBe(0)
  })
})
