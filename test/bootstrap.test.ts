// What a server has from its first start: a file of YAML, or the folder of a package; and packages on the command line.
import { execFile } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { createClient, type Client } from '@engine/client'

import { temporaryFolder } from './support/files.ts'
import { startProgram, type Program } from './support/processes.ts'
import { engineProgram } from './support/shell-company.ts'

const company = `schema: engine.bootstrap/v1
companies:
  - name: Acme
    taskPrefix: ACM
    secrets:
      - { name: MODEL_KEY, environment: MODEL_KEY_OF_ACME }
    agents:
      - { name: Ada, role: lead, adapterType: human }
      - name: Bob
        role: writer
        reportsTo: ada
        adapterType: anthropic
        adapterConfig: { model: claude-haiku-4-5, apiKey: { secret: MODEL_KEY } }
        budgets: [{ limitCents: 500 }]
    goals:
      - { title: Sell more }
      - { title: Sell abroad, parent: Sell more, owner: Ada }
    projects:
      - { name: Shop, goal: Sell abroad, lead: Ada, budgets: [{ limitCents: 900, window: lifetime }] }
    routines:
      - name: Weekly report
        task: { title: Report, assignee: Bob, project: Shop }
        schedules: [{ expression: '0 9 * * 1', timeZone: Europe/Berlin }]
    budgets: [{ limitCents: 1000 }]
`

const small = `schema: engine.bootstrap/v1
companies:
  - name: Acme
    secrets:
      - { name: TOKEN, environment: MODEL_KEY_OF_ACME }
    agents:
      - { name: Ada, role: lead, adapterType: human }
    routines:
      - name: Weekly report
        task: { title: Report, assignee: Ada }
        schedules: [{ expression: '0 9 * * 1' }]
`

interface Started {
  readonly server: Program
  readonly client: Client
  readonly url: string
}

interface Place {
  readonly folder: string
  readonly path: string
}

function placeOf(text: string): Place {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'company.yaml'), text)
  return { folder, path: './company.yaml' }
}

function start({ folder, path }: Place): Program {
  const env = { MODEL_KEY_OF_ACME: 'sk-canary', ENGINE_BOOTSTRAP: path }
  return startProgram(engineProgram, { args: ['serve', '--port', '0'], cwd: folder, env })
}

async function serve(place: Place): Promise<Started> {
  const server = start(place)
  const [, url = ''] = await server.printed(/ready on (http:\S+)/, 40_000)
  const client = createClient({ url })
  return { server, client, url }
}

/** It is made before anything is executed, and the server answers meanwhile. */
async function made({ server }: Started): Promise<void> {
  await server.printed(/Made what was to be there from the beginning/, 40_000)
}

async function stop({ server }: Started): Promise<void> {
  server.child.kill('SIGINT')
  expect(await server.exited, server.output()).toEqual({ code: 0, signal: null })
}

/** All that the company is. */
async function lookAt(client: Client) {
  const [found] = (await client.companies.list({})).items
  const companyId = found?.id ?? ''
  const all = { companyId, limit: 100 }
  const [routine] = (await client.routines.list(all)).items
  return {
    company: found,
    secrets: (await client.secrets.list(all)).items,
    agents: (await client.agents.list(all)).items,
    goals: (await client.goals.list(all)).items,
    projects: (await client.projects.list(all)).items,
    routine,
    triggers: (await client.routines.triggers({ routineId: routine?.id ?? '' })).items,
    budgets: (await client.budgets.list(all)).items,
  }
}

describe('engine serve with a bootstrap file', () => {
  it('makes what the file says once, and leaves what people changed since', { timeout: 120_000 }, async () => {
    const place = placeOf(company)
    const first = await serve(place)
    await made(first)
    const before = await lookAt(first.client)
    const [ada, bob] = before.agents
    expect(before.company).toMatchObject({ name: 'Acme', taskPrefix: 'ACM' })
    expect(before.secrets.map(({ name }) => name)).toEqual(['MODEL_KEY'])
    expect(bob).toMatchObject({ name: 'Bob', reportsTo: ada?.id, adapterConfig: { apiKey: { secret: 'MODEL_KEY' } }, status: 'idle' })
    expect(before.goals[1]).toMatchObject({ title: 'Sell abroad', parentId: before.goals[0]?.id, ownerAgentId: ada?.id })
    expect(before.projects).toMatchObject([{ name: 'Shop', goalId: before.goals[1]?.id, leadAgentId: ada?.id }])
    expect(before.routine?.task).toMatchObject({ title: 'Report', assigneeAgentId: bob?.id, projectId: before.projects[0]?.id })
    expect(before.triggers).toMatchObject([{ kind: 'cron', expression: '0 9 * * 1', timeZone: 'Europe/Berlin' }])
    expect(before.budgets.map(({ scope, limitCents }) => `${scope} ${limitCents}`).toSorted()).toEqual([
      'agent 500',
      'company 1000',
      'project 900',
    ])
    expect((await first.client.companies.list({})).items).toHaveLength(1)
    // Somebody changes what the file said.
    const raised = before.budgets.find(({ scope }) => scope === 'agent')
    await first.client.budgets.raise({ budgetId: raised?.id ?? '', limitCents: 700 })
    await first.client.agents.update({ agentId: bob?.id ?? '', role: 'editor' })
    const changed = await lookAt(first.client)
    await stop(first)

    const second = await serve(place)
    expect(await lookAt(second.client)).toEqual(changed)
    await stop(second)
    expect(second.server.output()).not.toContain('Made what')

    // What is added to the file is made beside what is there.
    writeFileSync(
      join(place.folder, 'company.yaml'),
      company.replace('    goals:\n', '      - { name: Cleo, role: tester, adapterType: human, reportsTo: Ada }\n    goals:\n'),
    )
    const third = await serve(place)
    await made(third)
    expect(third.server.output()).toContain('1 thing.')
    expect((await lookAt(third.client)).agents.map(({ name }) => name)).toEqual(['Ada', 'Bob', 'Cleo'])
    await stop(third)
  })

  it('makes again what was deleted since, as often as that happens, also on the same day', { timeout: 180_000 }, async () => {
    const place = placeOf(small)
    const seen = new Set<string>()
    for (let round = 0; round < 3; round += 1) {
      // The same wish, and then another one of that name.
      if (round === 2) writeFileSync(join(place.folder, 'company.yaml'), small.replace('name: TOKEN,', 'name: TOKEN, description: Other,'))
      const started = await serve(place)
      await made(started)
      const { secrets, triggers } = await lookAt(started.client)
      expect([secrets.length, triggers.length]).toEqual([1, 1])
      for (const { id } of [...secrets, ...triggers]) seen.add(id)
      await started.client.secrets.delete({ secretId: secrets[0]?.id ?? '' })
      await started.client.routines.removeTrigger({ triggerId: triggers[0]?.id ?? '' })
      await stop(started)
    }
    expect(seen.size).toBe(6)
  })

  it.each([
    {
      what: 'is no YAML',
      text: 'schema: engine.bootstrap/v1\ncompanies:\n  - name: "Acme\n',
      says: /company\.yaml:\d:\d+: Missing closing "quote/,
    },
    {
      what: 'has a member that there is not',
      text: company.replace('role: writer', 'roll: writer'),
      says: /company\.yaml:10:15: companies\.0\.agents\.1\.roll: There is no such member\./,
    },
    {
      what: 'names somebody who is not there',
      text: company.replace('reportsTo: ada', 'reportsTo: Eve'),
      says: /company\.yaml:11:20: companies\.0\.agents\.1\.reportsTo: None of the agents above it is called so\./,
    },
    {
      what: 'has a value that is not allowed',
      text: company.replace('limitCents: 500', 'limitCents: lots'),
      says: /company\.yaml:14:\d+: companies\.0\.agents\.1\.budgets\.0\.limitCents/,
    },
    {
      what: 'has two of a name',
      text: company.replace('name: Ada,', 'name: bob,'),
      says: /company\.yaml:9:9: companies\.0\.agents\.1: There is another one of that name above it\./,
    },
    { what: 'is of another version', text: company.replace('/v1', '/v9'), says: /company\.yaml:1:9: schema/ },
  ])('does not start when the file $what, and names the line', { timeout: 60_000 }, async ({ text, says }) => {
    const place = placeOf(text)
    const server = start(place)
    expect((await server.exited).code, server.output()).toBe(1)
    expect(server.output()).toMatch(says)
    expect(existsSync(join(place.folder, 'data', 'engine.db'))).toBe(false)
  })

  it('ends with the line of what the engine refused', { timeout: 60_000 }, async () => {
    const place = placeOf(company.replace('adapterType: anthropic', 'adapterType: nowhere'))
    const server = start(place)
    expect((await server.exited).code, server.output()).toBe(1)
    expect(server.output()).toMatch(/company\.yaml:9:9: companies\.0\.agents\.1: .*nowhere/)
  })
})

function engine(url: string, args: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  const env = { ...process.env, NODE_OPTIONS: '', ENGINE_URL: url, ENGINE_API_KEY: '' }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=engine-source', fileURLToPath(engineProgram), ...args],
      { cwd, env },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
  })
}

describe('a package in a folder', () => {
  it('is exported and imported by the command line, and is what a server begins with', { timeout: 180_000 }, async () => {
    const place = placeOf(company)
    const source = await serve(place)
    await made(source)
    const { company: found } = await lookAt(source.client)
    const run = (...args: string[]) => engine(source.url, args, place.folder)
    const exported = await run('companies', 'export', found?.id ?? '', '--dir', 'acme')
    expect(exported, exported.output).toMatchObject({ code: 0 })
    expect(readFileSync(join(place.folder, 'acme', 'agents', 'bob', 'AGENTS.md'), 'utf8')).toContain('role: writer')
    expect((await run('companies', 'export', found?.id ?? '', '--dir', 'acme')).output).toContain('is not empty')

    const shown = await run('companies', 'import', './acme', '--name', 'Copy')
    expect(shown.output).toContain('Nothing was done.')
    expect((await source.client.companies.list({})).items).toHaveLength(1)
    const [, hash = ''] = /--hash (\S+)/.exec(shown.output) ?? []
    expect(await run('companies', 'import', './acme', '--name', 'Copy', '--hash', hash)).toMatchObject({ code: 0 })
    expect(await run('companies', 'import', './acme', '--name', 'Another', '--yes')).toMatchObject({ code: 0 })
    expect((await source.client.companies.list({})).items.map(({ name }) => name)).toEqual(['Acme', 'Copy', 'Another'])
    expect((await run('companies', 'import', './nowhere')).code).toBe(2)
    await stop(source)

    const fresh = { folder: temporaryFolder(), path: join(place.folder, 'acme') }
    for (const round of ['first', 'second']) {
      const server = await serve(fresh)
      if (round === 'first') await made(server)
      const { company: imported, agents } = await lookAt(server.client)
      expect([imported?.name, agents.map(({ name, status }) => `${name} ${status}`)]).toEqual(['Acme', ['Ada paused', 'Bob paused']])
      expect((await server.client.companies.list({})).items).toHaveLength(1)
      await stop(server)
      expect(server.server.output().includes('Made what'), round).toBe(round === 'first')
    }
  })
})
