import { randomBytes } from 'node:crypto'

import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'

import { createEngine, localSecrets, type Api, type Engine, type UserActor } from '@engine/core'
import { ADAPTER_SPEC, SECRETS_SPEC, type AdapterStartOptions, type AgentAdapter, type Logger, type SecretStore } from '@engine/core/plugin'
import { memoryBlobs, watched } from '@engine/testing'

import { board, errorOf, until } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

type Started = AdapterStartOptions<unknown>
type Turn = Parameters<Awaited<ReturnType<AgentAdapter['start']>>['run']>[0]

const Config = z.strictObject({
  model: z.string().default('small'),
  address: z.url().optional(),
  shout: z.string().toUpperCase().optional(),
  count: z.number().optional(),
  headers: z.record(z.string(), z.string()).default({}),
  list: z.array(z.string()).default([]),
})

const value = 'hunter2-and-more'
const roles: UserActor['roles'][string][] = ['viewer', 'reviewer', 'operator']

function storeOf(secrets: SecretStore) {
  const opened: string[] = []
  const store: SecretStore & { trouble: Error | null } = {
    ...secrets,
    trouble: null,
    async seal(...given) {
      if (store.trouble) throw store.trouble
      return secrets.seal(...given)
    },
    async open(...given) {
      if (store.trouble) throw store.trouble
      opened.push(given[1])
      return secrets.open(...given)
    },
  }
  return { store, opened }
}

describe.each(['sqlite', 'postgres'])('on %s', (database) => {
  async function open(options: { hasSecrets?: boolean } = {}) {
    const storage = watched(await newStorage(database))
    const started: Started[] = []
    const work = { script: async (_turn: Turn, _options: Started): Promise<void> => undefined }
    const adapter: AgentAdapter<z.infer<typeof Config>> = {
      spec: ADAPTER_SPEC,
      type: 'own',
      title: 'Shows what it is started with',
      configSchema: Config,
      metering: 'final',
      overshoot: '0: it spends nothing.',
      start: async (given) => {
        started.push(given)
        return {
          run: async (turn) => {
            await work.script(turn, given)
            return { kind: 'done' }
          },
        }
      },
    }
    const { store, opened } = storeOf(localSecrets({ key: randomBytes(32) }))
    const logged: string[] = []
    const log = (message: string, fields?: object) => void logged.push(message + JSON.stringify(fields ?? {}))
    const logger: Logger = { debug: log, info: log, warn: log, error: log }
    const engine = await createEngine({
      storage,
      adapters: [adapter],
      blobs: memoryBlobs(),
      checksOutputs: true,
      logger,
      random: () => 0,
      settings: { pollMs: 20, sweepMs: 50, retryBaseMs: 1 },
      ...(options.hasSecrets !== false && { secrets: store }),
    })
    onTestFinished(() => engine.stop())
    const api: Api = engine.as(board)
    const { id: companyId } = await api.companies.create({ name: 'Acme' })
    const keep = (name: string, text = value) => api.secrets.create({ companyId, name, value: text })
    const hire = (adapterConfig: object, name = 'Ada') =>
      api.agents.create({ companyId, name, role: 'writer', adapterType: 'own', adapterConfig: JSON.parse(JSON.stringify(adapterConfig)) })
    const run = async (agentId: string, more: object = {}) => {
      const task = await api.tasks.create({ companyId, title: 'Work', assigneeAgentId: agentId, maxAttempts: 1, ...more })
      await engine.start()
      return until(
        async () => (await api.runs.list({ companyId, taskId: task.id })).items[0],
        (found) => found !== undefined && !['queued', 'running'].includes(found.status),
      )
    }
    return { engine, api, companyId, keep, hire, run, started, work, store, opened, logged, watch: storage.watch }
  }

  it('a secret is kept sealed, and no call answers with its value', async () => {
    const { api, companyId, keep, watch } = await open()
    const secret = await keep('OPENAI_API_KEY')
    expect(secret).toEqual({
      id: expect.any(String),
      companyId,
      name: 'OPENAI_API_KEY',
      description: null,
      status: 'active',
      currentVersion: 1,
      version: 1,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    })
    const { id: secretId } = secret
    await api.secrets.rotate({ secretId, value: `${value}!` })
    const { items: events } = await api.events.list({ companyId })
    const answers = [
      await api.secrets.get({ secretId }),
      await api.secrets.list({ companyId }),
      await api.secrets.versions({ secretId }),
      await api.secrets.uses({ secretId }),
      await api.secrets.accesses({ secretId }),
      events,
    ]
    expect(JSON.stringify(answers)).not.toContain(value)
    expect(await watch.dump()).not.toContain(value)
    expect(events.filter(({ type }) => type.startsWith('secret.')).map(({ type, data }) => [type, data])).toEqual([
      ['secret.created', { name: 'OPENAI_API_KEY' }],
      ['secret.rotated', { name: 'OPENAI_API_KEY', number: 2 }],
    ])
  })

  it('an agent names secrets at any depth of its configuration, and is shown with their names', async () => {
    const { api, keep, hire, run, started } = await open()
    await keep('TOKEN')
    await keep('SITE', 'https://me:pass@example.com')
    const config = {
      model: 'large',
      address: { secret: 'SITE' },
      headers: { authorization: { secret: 'TOKEN' }, accept: 'text/plain' },
      list: ['a', { secret: 'TOKEN', version: 1 }],
    }
    const agent = await hire(config)
    expect(agent.adapterConfig).toEqual(config)
    expect((await api.agents.get({ agentId: agent.id })).adapterConfig).toEqual(config)
    expect(await run(agent.id)).toMatchObject({ status: 'succeeded' })
    expect(started[0]?.config).toEqual({
      model: 'large',
      address: 'https://me:pass@example.com',
      headers: { authorization: value, accept: 'text/plain' },
      list: ['a', value],
    })
  })

  it.each([
    ['a name that there is not', { headers: { a: { secret: 'NONE' } } }, /^adapterConfig\.headers\.a: there is no secret NONE/],
    ['a version that there is not', { list: [{ secret: 'TOKEN', version: 2 }] }, /^adapterConfig\.list\.0: version 2 .* is not there/],
    ['a name that is none', { list: [{ secret: 'no name' }] }, /^adapterConfig\.list\.0: this is no reference/],
    ['a disabled one', { model: { secret: 'OFF' } }, /^adapterConfig\.model: the secret OFF is disabled/],
    ['one where no text may stand', { count: { secret: 'TOKEN' } }, /adapterConfig\.count: .*expected number/],
    ['one where texts are changed', { shout: { secret: 'TOKEN' } }, /^adapterConfig\.shout: a secret can not stand here/],
  ])('a configuration is refused that names %s, and the answer says where', async (_, config, message) => {
    const { api, keep, hire } = await open()
    await keep('TOKEN')
    await api.secrets.update({ secretId: (await keep('OFF')).id, status: 'disabled' })
    expect((await errorOf(hire(config))).message).toMatch(message)
    const { id: agentId } = await hire({})
    const adapterConfig = JSON.parse(JSON.stringify(config))
    expect((await errorOf(api.agents.update({ agentId, adapterConfig }))).message).toMatch(message)
    expect((await api.agents.get({ agentId })).adapterConfig).toEqual({ model: 'small', headers: {}, list: [] })
  })

  it('what names a secret already stays as it is when that is disabled, and then its runs fail by name', async () => {
    const { api, companyId, keep, hire, run, logged } = await open()
    const { id: secretId } = await keep('TOKEN')
    const { id: agentId } = await hire({ model: { secret: 'TOKEN' } })
    await api.secrets.update({ secretId, status: 'disabled' })
    await api.agents.update({ agentId, adapterConfig: { model: { secret: 'TOKEN' }, list: ['x'] } })
    const ended = await run(agentId)
    expect(ended).toMatchObject({
      status: 'failed',
      outcome: { kind: 'failed', class: 'config', message: 'The secret TOKEN is disabled. Activate it, or change what names it.' },
    })
    expect((await api.secrets.accesses({ secretId })).items).toMatchObject([{ outcome: 'disabled', number: 1, runId: ended?.id, agentId }])
    expect(JSON.stringify([(await api.events.list({ companyId })).items, logged])).not.toContain(value)
  })

  it('variables come from company, project and agent, of which the nearest counts, and from the environment of the project', async () => {
    const { api, companyId, keep, hire, run, started } = await open()
    const { id: agentId } = await hire({})
    const { id: otherId } = await hire({}, 'Bob')
    const project = await api.projects.create({ companyId, name: 'Shop' })
    const bindings = [
      ['EVERYWHERE', 'company', 'A'],
      ['COMPANY_B', 'company', 'B'],
      ['PROJECT_B', { projectId: project.id }, 'B'],
      ['COMPANY_C', 'company', 'C'],
      ['PROJECT_C', { projectId: project.id }, 'C'],
      ['AGENT_C', { agentId }, 'C'],
      ['AGENT_D', { agentId }, 'D'],
      ['OTHER', { agentId: otherId }, 'E'],
    ] as const
    for (const [name, target, as] of bindings) await api.secrets.bind({ secretId: (await keep(name, `value of ${name}`)).id, target, as })
    await keep('ENV', 'value of ENV')
    const env = { D: { secret: 'ENV' }, PLAIN: 'text' }
    expect((await api.projects.update({ projectId: project.id, env })).env).toEqual(env)
    await run(agentId, { projectId: project.id })
    const all = { A: 'value of EVERYWHERE', B: 'value of PROJECT_B', C: 'value of AGENT_C' }
    expect(started[0]?.env).toEqual({ ...all, D: 'value of ENV', PLAIN: 'text' })
    await run(agentId)
    expect(started[1]?.env).toEqual({ ...all, B: 'value of COMPANY_B', D: 'value of AGENT_D' })
  })

  it('a rotation counts from the next run on, and a version that is named stays', async () => {
    const { api, companyId, keep, hire, run, started, opened } = await open()
    const { id: secretId } = await keep('TOKEN', 'the first value')
    const { id: agentId } = await hire({ headers: { newest: { secret: 'TOKEN' }, first: { secret: 'TOKEN', version: 1 } } })
    await run(agentId)
    expect(await api.secrets.rotate({ secretId, value: 'the second value' })).toMatchObject({ currentVersion: 2, version: 2 })
    await run(agentId)
    expect(started.map(({ config }) => config)).toMatchObject([
      { headers: { newest: 'the first value', first: 'the first value' } },
      { headers: { newest: 'the second value', first: 'the first value' } },
    ])
    expect((await errorOf(api.secrets.destroyVersion({ secretId, number: 1 }))).message).toMatch(/adapterConfig\.headers\.first of agent/)
    await api.agents.update({ agentId, adapterConfig: { model: { secret: 'TOKEN' } } })
    expect(await api.secrets.destroyVersion({ secretId, number: 1 })).toMatchObject({ number: 1, status: 'destroyed' })
    expect(await errorOf(api.secrets.destroyVersion({ secretId, number: 1 }))).toMatchObject({ code: 'illegal_transition' })
    expect(await errorOf(api.secrets.destroyVersion({ secretId, number: 2 }))).toMatchObject({ code: 'rule_violated' })
    expect(await errorOf(api.secrets.destroyVersion({ secretId, number: 3 }))).toMatchObject({ code: 'not_found' })
    expect((await api.secrets.versions({ secretId })).items).toMatchObject([
      { number: 2, status: 'active', createdBy: { kind: 'user', id: 'board' }, destroyedAt: null },
      { number: 1, status: 'destroyed', destroyedAt: expect.any(String) },
    ])
    // A rollback names it again, and is refused.
    expect((await errorOf(api.agents.rollback({ agentId, revision: 1 }))).message).toMatch(/version 1 of the secret TOKEN was destroyed/)
    expect(new Set(opened)).toEqual(new Set([1, 2].map((number) => `engine.secret.v1 ${companyId} ${secretId} ${number}`)))
  })

  it('who got a secret when is noted, the newest thousand times', async () => {
    const { engine, api, companyId, keep, hire, run } = await open()
    const { id: secretId } = await keep('TOKEN')
    const { id: agentId } = await hire({ model: { secret: 'TOKEN' } })
    const ended = await run(agentId)
    const { items } = await api.secrets.accesses({ secretId })
    expect(items).toEqual([
      {
        id: expect.any(String),
        routeId: null,
        pluginId: null,
        secretId,
        number: 1,
        outcome: 'success',
        runId: ended?.id,
        agentId,
        at: expect.any(String),
      },
    ])
    const note = (count: number) =>
      engine.execute('secrets.recordAccesses', {
        input: {
          companyId,
          runId: ended?.id,
          agentId,
          accesses: Array.from({ length: count }, () => ({ secretId, number: 1, outcome: 'success' })),
        },
        actor: { kind: 'system', id: 'system' },
      })
    await note(1_000)
    let count = 0
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await api.secrets.accesses({ secretId, limit: 100, ...(cursor && { cursor }) })
      count += page.items.length
      expect(page.items.every(({ id }) => id !== items[0]?.id)).toBe(true)
      cursor = page.nextCursor
    }
    expect(count).toBe(1_000)
  })

  it('a secret that is used is not deleted, and the answer says where it is; one that only the past used is', async () => {
    const { api, companyId, keep, hire } = await open()
    const { id: secretId } = await keep('TOKEN')
    const { id: agentId } = await hire({ model: { secret: 'TOKEN' } })
    const { id: projectId } = await api.projects.create({ companyId, name: 'Shop', env: { KEY: { secret: 'TOKEN' } } })
    await api.secrets.bind({ secretId, target: 'company', as: 'TOKEN' })
    const remove = () => api.secrets.delete({ secretId })
    expect(await errorOf(remove())).toMatchObject({
      code: 'secret_in_use',
      kind: 'conflict',
      details: {
        uses: [
          { kind: 'reference', place: 'adapterConfig.model', agentId, projectId: null },
          { kind: 'reference', place: 'env.KEY', agentId: null, projectId },
          { kind: 'binding', place: 'TOKEN', agentId: null, projectId: null },
        ],
      },
    })
    expect((await api.secrets.uses({ secretId })).items).toHaveLength(3)
    await api.secrets.unbind({ secretId, target: 'company', as: 'TOKEN' })
    await api.projects.update({ projectId, env: {} })
    expect(await errorOf(remove())).toMatchObject({ code: 'secret_in_use' })
    await api.agents.terminate({ agentId })
    expect(await remove()).toEqual({ secretId })
    expect(await errorOf(api.secrets.get({ secretId }))).toMatchObject({ code: 'not_found' })
    // Its name is free again.
    expect(await keep('TOKEN')).toMatchObject({ currentVersion: 1 })
  })

  it('a variable is bound once at each place, and again is the same', async () => {
    const { api, keep, hire } = await open()
    const [one, two] = [await keep('ONE'), await keep('TWO')]
    const { id: agentId } = await hire({})
    const bind = (secretId: string, as = 'KEY') => api.secrets.bind({ secretId, target: { agentId }, as })
    const bound = await bind(one.id)
    expect(bound).toMatchObject({ kind: 'binding', agentId, projectId: null, place: 'KEY', number: null })
    expect(await bind(one.id)).toEqual(bound)
    expect((await api.secrets.get({ secretId: one.id })).version).toBe(2)
    const taken = await errorOf(bind(two.id))
    expect(taken).toMatchObject({ code: 'already_exists', details: { secret: 'ONE' } })
    expect(await errorOf(bind(one.id, 'ENGINE_RUN_ID'))).toMatchObject({ code: 'invalid_input' })
    expect(await errorOf(api.secrets.unbind({ secretId: two.id, target: { agentId }, as: 'KEY' }))).toMatchObject({ code: 'rule_violated' })
    await api.secrets.unbind({ secretId: one.id, target: { agentId }, as: 'KEY' })
    expect(await bind(two.id)).toMatchObject({ place: 'KEY' })
    await api.agents.terminate({ agentId })
    expect(await errorOf(bind(one.id, 'OTHER'))).toMatchObject({ code: 'rule_violated' })
    await api.secrets.update({ secretId: one.id, status: 'disabled' })
    expect(await errorOf(api.secrets.bind({ secretId: one.id, target: 'company', as: 'KEY' }))).toMatchObject({ code: 'rule_violated' })
  })

  it('names and values are refused that are none', async () => {
    const { api, companyId, keep } = await open()
    await keep('TOKEN')
    expect(await errorOf(keep('Token'))).toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining('a secret with this name'),
    })
    for (const name of ['', '1A', 'A-B', 'A B', 'Ä', 'A'.repeat(129)])
      expect(await errorOf(keep(name))).toMatchObject({ code: 'invalid_input' })
    for (const text of ['', 'abc', '  ab \n', 'x'.repeat(32_769)]) {
      const refused = await errorOf(keep('OTHER', text))
      expect(refused).toMatchObject({ code: 'invalid_input' })
      if (text.trim() !== '') expect(refused.message).not.toContain(text.trim())
    }
    expect((await api.secrets.list({ companyId })).items).toHaveLength(1)
    expect((await api.secrets.list({ companyId, status: 'disabled' })).items).toEqual([])
  })

  it('two who rotate at the same moment do not both think that theirs is the newest', async () => {
    const { api, keep } = await open()
    const { id: secretId } = await keep('TOKEN')
    const both = await Promise.allSettled([1, 2, 3].map((number) => api.secrets.rotate({ secretId, value: `value ${number}` })))
    const { currentVersion } = await api.secrets.get({ secretId })
    expect(currentVersion).toBe(1 + both.filter(({ status }) => status === 'fulfilled').length)
    expect((await api.secrets.versions({ secretId })).items.map(({ number }) => number)).toEqual(
      Array.from({ length: currentVersion }, (_, index) => currentVersion - index),
    )
    for (const answer of both) if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'changed_meanwhile' })
  })

  it('a keyed call is told from another value without keeping a hash that the value could be guessed from', async () => {
    const { api, companyId, keep, watch } = await open()
    const create = (text: string) => api.secrets.create({ companyId, name: 'PIN', value: text }, { idempotencyKey: 'guessable' })
    const first = await create('1234')
    expect(await create('1234')).toEqual(first)
    expect(await errorOf(create('1235'))).toMatchObject({ code: 'idempotency_mismatch' })
    const { id: secretId } = await keep('TOKEN')
    const rotate = (text: string) => api.secrets.rotate({ secretId, value: text }, { idempotencyKey: 'again' })
    const rotated = await rotate('second value')
    expect(await rotate('second value')).toEqual(rotated)
    expect(await errorOf(rotate('third value'))).toMatchObject({ code: 'idempotency_mismatch' })
    expect(await watch.dump()).not.toMatch(/1234"|second value/)
  })

  it('only admins see secrets, and only who may manage them puts one into a configuration', async () => {
    const { engine, api, companyId, keep, hire } = await open()
    const { id: secretId } = await keep('TOKEN')
    const { id: agentId } = await hire({ model: { secret: 'TOKEN' } })
    const { id: projectId } = await api.projects.create({ companyId, name: 'Shop' })
    for (const role of roles) {
      const person = engine.as({ kind: 'user', id: role, roles: { [companyId]: role } })
      for (const call of [
        () => person.secrets.list({ companyId }),
        () => person.secrets.get({ secretId }),
        () => person.secrets.create({ companyId, name: 'MINE', value }),
        () => person.secrets.rotate({ secretId, value }),
        () => person.secrets.delete({ secretId }),
      ])
        expect(await errorOf(call())).toMatchObject({ code: 'forbidden' })
    }
    const operator = engine.as({ kind: 'user', id: 'o', roles: { [companyId]: 'operator' } })
    expect(await errorOf(operator.projects.update({ projectId, env: { KEY: { secret: 'TOKEN' } } }))).toMatchObject({ code: 'forbidden' })
    const hires = engine.as({ kind: 'user', id: 'h', roles: { [companyId]: 'admin' }, scopes: ['agents:manage', 'projects:manage'] })
    const wish = { companyId, name: 'Eve', role: 'writer', adapterType: 'own', adapterConfig: { model: { secret: 'TOKEN' } } }
    expect(await errorOf(hires.agents.create(wish))).toMatchObject({ code: 'forbidden', details: { scope: 'secrets:manage' } })
    expect(await errorOf(hires.projects.update({ projectId, env: { KEY: { secret: 'TOKEN' } } }))).toMatchObject({ code: 'forbidden' })
    // What is there already is no news.
    await hires.agents.update({ agentId, adapterConfig: { model: { secret: 'TOKEN' }, list: ['x'] } })
    const payload = { name: 'Eve', role: 'writer', adapterType: 'own', adapterConfig: { model: { secret: 'TOKEN' } } }
    const request = operator.approvals.request({ companyId, type: 'hire_agent', payload })
    expect(await errorOf(request)).toMatchObject({ code: 'forbidden', details: { scope: 'secrets:manage' } })
    const agent = engine.as({ kind: 'agent', id: agentId, companyId })
    expect(await errorOf(agent.secrets.list({ companyId }))).toMatchObject({ code: 'forbidden' })
  })

  it("another company's secret is not there, by id and by name", async () => {
    const { engine, api, keep, companyId } = await open()
    const { id: secretId } = await keep('TOKEN')
    const elsewhere = await api.companies.create({ name: 'Beta' })
    const stranger = engine.as({ kind: 'user', id: 's', roles: { [elsewhere.id]: 'owner' } })
    for (const call of [
      () => stranger.secrets.get({ secretId }),
      () => stranger.secrets.rotate({ secretId, value }),
      () => stranger.secrets.list({ companyId }),
    ])
      expect(await errorOf(call())).toMatchObject({ code: 'not_found' })
    const wish = { companyId: elsewhere.id, name: 'Eve', role: 'spy', adapterType: 'own', adapterConfig: { model: { secret: 'TOKEN' } } }
    expect((await errorOf(stranger.agents.create(wish))).message).toMatch(/there is no secret TOKEN in this company/)
  })

  it('an archived company takes no secrets any more', async () => {
    const { api, companyId, keep } = await open()
    const { id: secretId } = await keep('TOKEN')
    await api.companies.archive({ companyId })
    for (const call of [() => keep('OTHER'), () => api.secrets.rotate({ secretId, value }), () => api.secrets.delete({ secretId })])
      expect(await errorOf(call())).toMatchObject({ code: 'rule_violated', message: expect.stringContaining('archived') })
    expect((await api.secrets.list({ companyId })).items).toHaveLength(1)
  })

  it('a sealed value that was moved opens nowhere else, and the run says so without a word of it', async () => {
    const { api, companyId, keep, hire, run, watch } = await open()
    const [one, two] = [await keep('ONE', 'value of one'), await keep('TWO', 'value of two')]
    const { id: agentId } = await hire({ model: { secret: 'ONE' } })
    const versions = watch.table('secret_versions')
    await watch.query(
      `update ${versions} set sealed = (select sealed from ${versions} where secret_id = '${two.id}') where secret_id = '${one.id}'`,
      [],
    )
    const ended = await run(agentId)
    expect(ended?.outcome).toMatchObject({
      kind: 'failed',
      class: 'config',
      message: expect.stringContaining('The secret ONE can not be opened'),
    })
    expect((await api.secrets.accesses({ secretId: one.id })).items).toMatchObject([{ outcome: 'failed' }])
    expect(JSON.stringify((await api.events.list({ companyId })).items)).not.toContain('value of')
  })

  it('a store that does not answer is trouble that passes: nothing is changed, and a run is tried again', async () => {
    const { api, companyId, keep, hire, run, store } = await open()
    await keep('TOKEN')
    const { id: agentId } = await hire({ model: { secret: 'TOKEN' } })
    store.trouble = new Error(`cannot seal ${value}`)
    const refused = await errorOf(keep('OTHER'))
    expect(refused).toMatchObject({ code: 'secrets_unavailable', kind: 'unavailable' })
    expect(refused.message).not.toContain(value)
    expect((await api.secrets.list({ companyId })).items).toHaveLength(1)
    expect((await run(agentId))?.outcome).toMatchObject({ kind: 'failed', class: 'transient' })
    expect((await api.agents.get({ agentId })).status).toBe('idle')
  })

  it('an engine without a key says what it needs, where it needs it', async () => {
    const { keep, hire, run } = await open({ hasSecrets: false })
    expect(await errorOf(keep('TOKEN'))).toMatchObject({
      code: 'secrets_unavailable',
      message: expect.stringContaining('localSecrets({ key })'),
    })
    const { id: agentId } = await hire({})
    expect(await run(agentId)).toMatchObject({ status: 'succeeded' })
  })

  it('what a run says through its own calls is blotted out where it is executed, and files with secrets are refused', async () => {
    const { engine, api, companyId, keep, hire, run, work, logged, watch } = await open()
    await keep('TOKEN')
    const { id: agentId } = await hire({ model: { secret: 'TOKEN' } })
    const refused: unknown[] = []
    work.script = async ({ context, emit }, { logger, redactor }) => {
      const actor = { kind: 'run', id: context.run.id, companyId, agentId, taskId: context.task.id, fence: context.run.fence } as const
      const own: Api = (engine as Engine).as(actor)
      const taskId = context.task.id
      await own.comments.create({ taskId, body: `I know ${value}` })
      await own.documents.put({ taskId, key: 'plan', title: value, body: `a ${encodeURIComponent(value)} b` })
      await own.tasks.progress({ taskId, percent: 5, message: value, details: { [value]: [value] } })
      for (const content of [Buffer.from(`x${value}`), Buffer.from(`x${value}`).toString('base64')])
        await own.attachments.upload({ taskId, name: 'a.txt', content }).catch((error: unknown) => refused.push(error))
      refused.push(await errorOf(own.documents.get({ taskId, key: value })).catch(() => null))
      await emit({ type: 'log', stream: 'stdout', text: value.slice(0, 5) })
      await emit({ type: 'log', stream: 'stderr', text: 'between ' })
      await emit({ type: 'log', stream: 'stdout', text: `${value.slice(5)} said` })
      await emit({ type: 'tool_call', name: 'shell', input: { text: `${'x'.repeat(1_985)}${value}` } })
      await emit({ type: 'log', stream: 'stdout', text: value.slice(0, 6) })
      logger.warn(`about ${value}`, { deep: [value] })
      expect(redactor.redact(value)).toBe('[secret TOKEN]')
    }
    const ended = await run(agentId)
    expect(ended).toMatchObject({ status: 'succeeded' })
    const { items } = await api.runs.log({ runId: ended?.id ?? '' })
    expect(items.filter(({ stream }) => stream !== 'system').map(({ stream, text }) => [stream, text])).toEqual([
      ['stderr', 'between '],
      ['stdout', '[secret TOKEN] said'],
      ['stdout', 'hunter'],
    ])
    expect(refused).toMatchObject([{ code: 'rule_violated' }, { code: 'invalid_input' }, { code: 'invalid_input' }])
    const told = JSON.stringify([refused.map(String), logged, await watch.dump()])
    expect(told).toContain('[secret TOKEN]')
    expect(told).not.toMatch(/hunter2/)
  })
})

describe('a local store of secrets', () => {
  const key = randomBytes(32).toString('base64')

  it('opens only where it sealed, for the same place, and nothing that was changed', async () => {
    const store = localSecrets({ key })
    expect(store.spec).toBe(SECRETS_SPEC)
    const sealed = await store.seal(value, 'acme 1 1')
    expect(await store.seal(value, 'acme 1 1')).not.toBe(sealed)
    expect(sealed).not.toContain(Buffer.from(value).toString('base64url'))
    expect(await localSecrets({ key: Buffer.from(key, 'base64') }).open(sealed, 'acme 1 1')).toBe(value)
    for (const place of ['beta 1 1', 'acme 2 1', 'acme 1 2', '']) expect(await store.open(sealed, place)).toBeNull()
    for (const text of [sealed.slice(0, -4), `${sealed.slice(0, -6)}AAAAAA`, sealed.replace('v1', 'v2'), '', 'x', 'v1.x.y'])
      expect(await store.open(text, 'acme 1 1')).toBeNull()
    expect(await localSecrets({ key: randomBytes(32) }).open(sealed, 'acme 1 1')).toBeNull()
  })

  it('seals with the first of several keys and opens with all', async () => {
    const old = { id: '2025', key }
    const sealed = await localSecrets({ keys: [old] }).seal(value, 'x')
    const store = localSecrets({ keys: [{ id: '2026', key: randomBytes(32) }, old] })
    expect(store.id).toBe('local:2026')
    expect(await store.open(sealed, 'x')).toBe(value)
    expect(await store.seal(value, 'x')).toMatch(/^v1\.2026\./)
    expect(await localSecrets({ keys: [old] }).open(await store.seal(value, 'x'), 'x')).toBeNull()
  })

  it('gives a fingerprint that depends on key, place and value', async () => {
    const store = localSecrets({ key })
    const first = await store.fingerprint(value, 'acme')
    expect(await localSecrets({ key }).fingerprint(value, 'acme')).toBe(first)
    const others = [
      store.fingerprint(value, 'beta'),
      store.fingerprint(`${value}!`, 'acme'),
      localSecrets({ key: randomBytes(32) }).fingerprint(value, 'acme'),
    ]
    for (const other of await Promise.all(others)) expect(other).not.toBe(first)
  })

  it.each([
    ['too short', randomBytes(31), /has 31 bytes/],
    ['hex', randomBytes(32).toString('hex'), /has 48 bytes/],
    ['no base64', 'not a key!', /not base64/],
    ['empty', '', /not base64/],
    ['all zero', Buffer.alloc(32), /not random/],
    ['one byte again and again', Buffer.alloc(32, 7), /not random/],
    ['bytes in a row', Buffer.from(Array.from({ length: 32 }, (_, at) => at)), /not random/],
    ['a short word again and again', Buffer.from('password'.repeat(4)), /not random/],
  ])('refuses a key that is %s', (_, bad, message) => {
    expect(() => localSecrets({ key: bad })).toThrow(message)
  })

  it('refuses no keys, two of one id, and ids that are none', () => {
    expect(() => localSecrets({ keys: [] })).toThrow(/needs a key/)
    expect(() => localSecrets({ keys: [{ key }, { key }] })).toThrow(/two keys of one id/)
    expect(() => localSecrets({ keys: [{ id: 'a.b', key }] })).toThrow(/no id/)
  })
})
