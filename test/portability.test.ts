// Companies as packages of Markdown: what is exported is what is imported, and nothing that is imported starts.
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'

import type { Api, Engine } from '@engine/core'

import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

type Files = Awaited<ReturnType<Api['companies']['export']>>['files']

async function open(storageName = 'sqlite') {
  const world = await createWorld({ storage: await newStorage(storageName) })
  onTestFinished(() => world.engine.stop())
  return world
}

async function importNew(engine: Engine, files: Files, called: { name?: string } = {}) {
  const { hash } = await engine.companies.previewImport({ files })
  return engine.companies.import({ files, hash, ...called })
}

const exported = async (engine: Engine, companyId: string) => (await engine.companies.export({ companyId })).files

/** A company with one of everything that a package holds. */
async function workshop(engine: Engine) {
  const { id: companyId } = await engine.companies.create({
    name: 'Workshop',
    description: 'Makes *things*.\n',
    taskPrefix: 'WRK',
    brandColor: '#0a7cff',
  })
  await engine.labels.create({ companyId, name: 'Urgent', color: '#ff0000' })
  const goal = await engine.goals.create({ companyId, title: 'Sell more', description: 'Twice as much.' })
  const below = await engine.goals.create({ companyId, title: 'Sell abroad', parentId: goal.id })
  const lead = await engine.agents.create({
    companyId,
    name: 'Ada',
    role: 'lead',
    instructions: '---\nBe kind.\n\n---\nBe brief.',
    adapterType: 'scripted',
    tags: ['first'],
    maxConcurrentRuns: 3,
    maxCostMicrosPerRun: 250_000,
  })
  const writer = await engine.agents.create({
    companyId,
    name: 'Älva ☃',
    role: 'writer',
    adapterType: 'scripted',
    reportsTo: lead.id,
    executionMode: 'manual',
    capabilities: ['writing'],
  })
  const project = await engine.projects.create({
    companyId,
    name: 'Shop',
    goalId: below.id,
    leadAgentId: lead.id,
    env: { TOKEN: 'hunter2-hunter2', REGION: 'eu' },
    targetDate: '2030-01-31',
  })
  await engine.knowledge.create({ companyId, title: 'Tone', body: '# We\n\nare friendly.', tags: ['style'], projectId: project.id })
  await engine.companies.update({ companyId, defaultAgentId: lead.id })
  const routine = await engine.routines.create({
    companyId,
    name: 'Weekly report',
    task: { title: 'Report of {{week}}', assigneeAgentId: writer.id, projectId: project.id, labels: ['Urgent'] },
    variables: [{ name: 'week', type: 'text', description: null, isRequired: false, default: 'this week', options: null }],
  })
  await engine.routines.addTrigger({ routineId: routine.id, kind: 'cron', expression: '0 9 * * 1', timeZone: 'Europe/Berlin' })
  const first = await engine.tasks.create({
    companyId,
    title: 'Draw a plan',
    status: 'backlog',
    projectId: project.id,
    description: 'Soon: yes',
  })
  const second = await engine.tasks.create({
    companyId,
    title: 'Build it',
    status: 'backlog',
    assigneeAgentId: writer.id,
    blockedBy: [first.id],
    parentId: first.id,
    labels: ['Urgent'],
    acceptanceCriteria: ['It stands.'],
    context: { floors: 2 },
    dueDate: '2030-02-01',
  })
  return { companyId, lead, writer, project, first, second }
}

describe.each(['sqlite', 'postgres'])('a company as a package, on %s', (storageName) => {
  it('says at once when it is too large to be imported again, and is exported whole all the same', async () => {
    const { engine, companyId } = await open(storageName)
    expect((await engine.companies.export({ companyId })).importRefusal).toBeNull()
    const make = (count: number, more: object = {}) =>
      engine.tasks.createMany({ companyId, tasks: Array.from({ length: count }, (_, index) => ({ title: `Task ${index}`, ...more })) })
    // Quotes are two bytes each.
    await make(17, { description: '"'.repeat(65_000) })
    const large = await engine.companies.export({ companyId })
    expect(large.importRefusal).toMatch(/bytes as JSON, and a request carries 2 MiB/)
    await importNew(engine, large.files, { name: 'By a program' })
    for (let made = 0; made < 2_000; made += 100) await make(100)
    const many = await engine.companies.export({ companyId })
    expect(many.importRefusal).toContain(`It has ${many.files.length} files, and an import takes 2000.`)
    expect((await errorOf(engine.companies.previewImport({ files: many.files }))).code).toBe('invalid_input')
  })

  it('says so of more labels than are imported too', async () => {
    const { engine, companyId } = await open(storageName)
    const label = (number: number) => engine.labels.create({ companyId, name: `Label ${number}` })
    for (let number = 0; number < 1_000; number += 1) await label(number)
    const { files, importRefusal } = await engine.companies.export({ companyId })
    expect(importRefusal).toBeNull()
    await engine.companies.previewImport({ files })
    await label(1_000)
    const many = await engine.companies.export({ companyId })
    expect(many.importRefusal).toContain('It has 1001 labels, and an import takes 1000.')
    expect((await errorOf(engine.companies.previewImport({ files: many.files }))).code).toBe('invalid_input')
  })

  it('is the same package again when it was imported', async () => {
    const { engine } = await open(storageName)
    const { companyId } = await workshop(engine)
    const files = await exported(engine, companyId)
    const imported = await importNew(engine, files)
    const again = await exported(engine, imported.companyId)
    // Prefixes are unique in a database.
    const anyPrefix = (list: Files) => list.map(({ path, content }) => ({ path, content: content.replace(/^taskPrefix: .*$/m, '') }))
    // What the environments need is for people to set: a package says it, and a company that was imported does not have it.
    const withoutSidecar = (list: Files) => anyPrefix(list).filter(({ path }) => path !== 'engine.yaml')
    expect(withoutSidecar(again)).toEqual(withoutSidecar(files))
    expect(files.map(({ path }) => path)).toEqual(
      [
        'COMPANY.md',
        'engine.yaml',
        'agents/ada/AGENTS.md',
        'agents/a-lva/AGENTS.md',
        'goals/sell-abroad/GOAL.md',
        'goals/sell-more/GOAL.md',
        'projects/shop/PROJECT.md',
        'projects/shop/tasks/build-it/TASK.md',
        'projects/shop/tasks/draw-a-plan/TASK.md',
        'routines/weekly-report/ROUTINE.md',
        'skills/tone/SKILL.md',
      ].toSorted(
        (left, right) =>
          Number(right === 'COMPANY.md') - Number(left === 'COMPANY.md') ||
          Number(right === 'engine.yaml') - Number(left === 'engine.yaml') ||
          (left < right ? -1 : 1),
      ),
    )
  })

  it('brings the goal of the company first, whatever the others are called', async () => {
    const { engine } = await open()
    const { id: companyId } = await engine.companies.create({ name: 'Harbour' })
    await engine.goals.create({ companyId, title: 'Zero delays' })
    await engine.goals.create({ companyId, title: 'A faster crane', level: 'team' })
    const files = await exported(engine, companyId)
    const { companyId: copy } = await importNew(engine, files)
    expect((await engine.goals.list({ companyId: copy })).items.map(({ title, level }) => `${level}: ${title}`).toSorted()).toEqual([
      'company: Zero delays',
      'team: A faster crane',
    ])
  })

  it('starts nothing by itself, and says who is to be set up', async () => {
    const { engine } = await open(storageName)
    const { companyId } = await workshop(engine)
    const files = await exported(engine, companyId)
    const preview = await engine.companies.previewImport({ files })
    expect(preview.needs).toMatchObject({
      adapters: [
        { agent: 'a-lva', adapterType: 'scripted', isKnown: true },
        { agent: 'ada', adapterType: 'scripted', isKnown: true },
      ],
      environment: [{ project: 'shop', names: ['REGION', 'TOKEN'] }],
    })
    const { companyId: imported } = await importNew(engine, files, { name: 'Copy' })
    await engine.start()
    const agents = (await engine.agents.list({ companyId: imported })).items
    expect(agents.map(({ status, pauseReason }) => [status, pauseReason])).toEqual([
      ['paused', 'import'],
      ['paused', 'import'],
    ])
    const routines = (await engine.routines.list({ companyId: imported })).items
    expect(routines.map(({ status }) => status)).toEqual(['paused'])
    const schedules = await Promise.all(routines.map(({ id }) => engine.routines.triggers({ routineId: id })))
    expect(schedules.flatMap(({ items }) => items)).toMatchObject([{ kind: 'cron', isEnabled: false }])
    const tasks = (await engine.tasks.list({ companyId: imported })).items
    expect(tasks.map(({ status, origin }) => [status, origin])).toEqual([
      ['backlog', 'import'],
      ['backlog', 'import'],
    ])
    expect((await engine.runs.list({ companyId: imported })).items).toEqual([])
    expect((await engine.companies.get({ companyId: imported })).name).toBe('Copy')
    expect((await engine.verify()).checks.flatMap(({ violations }) => violations)).toEqual([])
  })

  it('goes into another company in three ways, each as it was shown', async () => {
    const { engine } = await open(storageName)
    const { companyId, lead } = await workshop(engine)
    const files = await exported(engine, companyId)
    const names = async () => (await engine.agents.list({ companyId })).items.map(({ name }) => name).toSorted()
    const merge = async (collisions: 'skip' | 'rename' | 'replace', given = files) => {
      const { hash, items } = await engine.companies.previewMerge({ companyId, files: given, collisions })
      const merged = await engine.companies.merge({ companyId, files: given, collisions, hash })
      expect(merged.items.map(({ id: _id, ...item }) => item).toSorted(byPlace)).toEqual(
        items.map(({ id: _id, ...item }) => item).toSorted(byPlace),
      )
      return merged
    }
    expect((await merge('skip')).items.every(({ action }) => action === 'skip')).toBe(true)
    expect(await names()).toEqual(['Ada', 'Älva ☃'])
    await merge('rename')
    expect(await names()).toEqual(['Ada', 'Ada 2', 'Älva ☃', 'Älva ☃ 2'])
    const kinder = files.map((file) => ({ ...file, content: file.content.replace('Be kind.', 'Be kinder.') }))
    await merge('replace', kinder)
    expect(await engine.agents.get({ agentId: lead.id })).toMatchObject({
      instructions: '---\nBe kinder.\n\n---\nBe brief.',
      status: 'paused',
      pauseReason: 'import',
    })
    const stale = await engine.companies.previewMerge({ companyId, files, collisions: 'rename' })
    await engine.agents.create({ companyId, name: 'Ada 3', role: 'lead', adapterType: 'scripted' })
    expect(await errorOf(engine.companies.merge({ companyId, files, collisions: 'rename', hash: stale.hash }))).toMatchObject({
      code: 'import_changed',
    })
  })
})

const byPlace = (left: { kind: string; slug: string }, right: { kind: string; slug: string }) =>
  `${left.kind} ${left.slug}` < `${right.kind} ${right.slug}` ? -1 : 1

describe('a package', () => {
  it('holds no secret, no value of an environment, and nothing that runs an agent', async () => {
    const { engine } = await open()
    const { companyId } = await workshop(engine)
    const text = JSON.stringify(await engine.companies.export({ companyId }))
    expect(text).not.toContain('hunter2')
    expect(text).toContain('TOKEN')
  })

  const company = { path: 'COMPANY.md', content: '---\nschema: engine.company/v1\nname: Acme\n---\n' }

  it.each([
    ['without its first file', [{ path: 'README.md', content: 'Hello' }], 'COMPANY.md: A package has this file'],
    ['without a head', [{ path: 'COMPANY.md', content: 'Hello' }], 'It begins with a head'],
    ['that is no YAML', [{ path: 'COMPANY.md', content: '---\na: [\n---\n' }], 'It is no YAML'],
    ['of billions of aliases', [{ path: 'COMPANY.md', content: '---\na: &a [x]\nb: [*a, *a]\n---\n' }], 'It is no YAML'],
    [
      'with commands',
      [company, { path: 'engine.yaml', content: 'schema: engine.sidecar/v1\nagents:\n  a:\n    adapterType: process\n    command: rm\n' }],
      'Unrecognized key',
    ],
    [
      'that names nobody',
      [company, { path: 'agents/a/AGENTS.md', content: '---\nname: A\nrole: r\nreportsTo: b\n---\n' }],
      'there is no agent in the folder agents/b',
    ],
    [
      'that goes round in circles',
      [
        company,
        { path: 'agents/a/AGENTS.md', content: '---\nname: A\nrole: r\nreportsTo: b\n---\n' },
        { path: 'agents/b/AGENTS.md', content: '---\nname: B\nrole: r\nreportsTo: a\n---\n' },
      ],
      'It comes before itself',
    ],
    [
      'that climbs out of its folder',
      [company, { path: 'agents/../AGENTS.md', content: '---\nname: A\nrole: r\n---\n' }],
      'named by small letters',
    ],
    ['with a file twice', [company, company], 'It is there twice'],
    [
      'with a key twice',
      [company, { path: 'agents/a/AGENTS.md', content: '---\nname: A\nrole: r\nname: B\n---\n' }],
      'the key name is there twice',
    ],
  ])('%s is refused by what is wrong with it', async (_, files, message) => {
    const { engine } = await open()
    const error = await errorOf(engine.companies.previewImport({ files }))
    expect(error).toMatchObject({ code: 'invalid_input' })
    expect(JSON.stringify(error)).toContain(message)
  })

  it.each([
    ['a NUL character', { path: 'agents/a/AGENTS.md', content: '---\nname: "A\\0"\nrole: r\n---\n' }, 'NUL'],
    ['half of a surrogate pair', { path: 'agents/a/AGENTS.md', content: '---\nname: "\\uD800"\nrole: r\n---\n' }, 'surrogate'],
    ['__proto__', { path: 'tasks/a/TASK.md', content: '---\ntitle: A\ncontext: { __proto__: { x: 1 } }\n---\n' }, '__proto__'],
    ['a text that is too long', { path: 'agents/a/AGENTS.md', content: `---\nname: A\nrole: r\n---\n${'x'.repeat(65_537)}` }, '65536'],
    ['words before its head', { path: 'agents/a/AGENTS.md', content: 'x\n---\nname: A\nrole: r\n---\n' }, 'begins with a head'],
    ['many lines that end no head', { path: 'agents/a/AGENTS.md', content: `---\n${'---x\n'.repeat(50_000)}` }, 'begins with a head'],
  ])('with %s is refused before anything is made', async (_, file, message) => {
    const { engine } = await open('postgres')
    const error = await errorOf(engine.companies.previewImport({ files: [company, file] }))
    expect(error).toMatchObject({ code: 'invalid_input' })
    expect(JSON.stringify(error.details)).toContain(message)
  })

  it('of many files lets others be served while it is read', async () => {
    const { engine } = await open()
    const files = [
      company,
      ...Array.from({ length: 100 }, (_, index) => ({ path: `tasks/t${index}/TASK.md`, content: '---\ntitle: A\n---\n' })),
    ]
    let [turns, isRead] = [0, false]
    const count = () => {
      turns += 1
      if (!isRead) setImmediate(count)
    }
    count()
    await engine.companies.previewImport({ files })
    isRead = true
    expect(turns).toBeGreaterThan(100)
  })

  it('gives a limited key nothing that the key may not make one by one', async () => {
    const { engine, companyId } = await open()
    const files = [company]
    const limited = engine.as({ kind: 'user', id: 'u', roles: { [companyId]: 'owner' }, scopes: ['companies:manage'] })
    const { hash } = await engine.companies.previewMerge({ companyId, files })
    expect(await errorOf(limited.companies.merge({ companyId, files, hash }))).toMatchObject({ code: 'forbidden' })
  })

  it('shows a limited key nothing that the key may not read one by one', async () => {
    const { engine, companyId } = await open()
    const owner = { kind: 'user', id: 'u', roles: { [companyId]: 'owner' } } as const
    const limited = engine.as({ ...owner, scopes: ['companies:manage', 'tasks:read'] })
    for (const refused of [limited.companies.export({ companyId }), limited.companies.previewMerge({ companyId, files: [company] })])
      expect(await errorOf(refused)).toMatchObject({ code: 'forbidden', message: expect.stringContaining('agents:read') })
    expect((await engine.as(owner).companies.export({ companyId })).files[0]).toMatchObject({ path: 'COMPANY.md' })
  })

  it('says which of its files say nothing', async () => {
    const { engine } = await open()
    const preview = await engine.companies.previewImport({
      files: [company, { path: 'notes/x.md', content: '' }, { path: '../../etc/passwd', content: '' }],
    })
    expect(preview.ignored).toEqual(['notes/x.md', '../../etc/passwd'])
  })

  it('is what was said in it, whatever that was', { timeout: 120_000 }, async () => {
    const { engine } = await open()
    const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((value) => !/\p{Cs}|\0/u.test(value))
    const name = text.map((value) => value.trim().slice(0, 60)).filter((value) => value !== '')
    const body = fc.oneof(text, fc.constantFrom('---\n', '\n\nx\n\n', '- a: b\n---\nc', '# T\r\n\r\nx'))
    const agents = fc.uniqueArray(fc.record({ name, role: name, instructions: body, tags: fc.array(name, { maxLength: 3 }) }), {
      maxLength: 4,
      selector: ({ name: one }) => one.normalize('NFKC').toLowerCase(),
    })
    await fc.assert(
      fc.asyncProperty(agents, fc.array(fc.record({ title: name, body }), { maxLength: 4 }), async (staff, entries) => {
        const { id: companyId } = await engine.companies.create({ name: 'Any' })
        for (const agent of staff) await engine.agents.create({ companyId, ...agent, adapterType: 'scripted' })
        for (const entry of entries) await engine.knowledge.create({ companyId, ...entry })
        const files = await exported(engine, companyId)
        const { companyId: imported } = await importNew(engine, files)
        const again = (await engine.agents.list({ companyId: imported, limit: 100 })).items
        const sorted = (list: readonly { name: string }[]) => list.toSorted((left, right) => (left.name < right.name ? -1 : 1))
        expect(
          sorted(
            again.map(({ name: called, role, instructions, tags }) => ({ name: called, role, instructions: instructions ?? '', tags })),
          ),
        ).toEqual(sorted(staff.map((agent) => ({ ...agent, name: agent.name, instructions: agent.instructions }))))
        const strip = (list: Files) => list.map(({ path, content }) => [path, content.replace(/^taskPrefix: .*$/m, '')])
        expect(strip(await exported(engine, imported))).toEqual(strip(files))
      }),
      { numRuns: 60 },
    )
  })
})
