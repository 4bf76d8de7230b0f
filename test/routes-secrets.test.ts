import { expect, it, onTestFinished } from 'vitest'

import { allDestinations } from '@engine/deliveries'

import { createWorld, errorOf } from './support/engine.ts'
import { newStorage } from './support/storages.ts'

const to = { from: 'engine@example.com', to: ['ann@example.com'] }
const bucket = { provider: 's3', bucket: 'results', region: 'eu-central-1', accessKeyId: 'an id' }

/** A configuration with something in it that is a secret, and where. */
const configurations: readonly (readonly [type: string, path: string, withSecret: (value: unknown) => Record<string, unknown>])[] = [
  ['webhook', 'config.secrets.0', (value) => ({ url: 'https://hooks.example', secrets: [value] })],
  ['webhook', 'config.headers.AUTHORIZATION', (value) => ({ url: 'https://hooks.example', headers: { AUTHORIZATION: value } })],
  ['webhook', 'config.headers.x-api-key', (value) => ({ url: 'https://hooks.example', headers: { 'x-other': 'a', 'x-api-key': value } })],
  ['slack', 'config.url', (value) => ({ url: value })],
  ['storage', 'config.secretAccessKey', (value) => ({ ...bucket, secretAccessKey: value })],
  ['email', 'config.password', (value) => ({ ...to, provider: 'smtp', host: 'mail.example', username: 'engine', password: value })],
  ['email', 'config.apiKey', (value) => ({ ...to, provider: 'sendgrid', apiKey: value })],
  ['email', 'config.serverToken', (value) => ({ ...to, provider: 'postmark', serverToken: value })],
]

it.each(configurations)(
  'a route to %s refuses a secret as its %s, and keeps a reference to one',
  async (destinationType, path, withSecret) => {
    const { engine, companyId } = await createWorld({ storage: await newStorage(), destinations: allDestinations() })
    onTestFinished(() => engine.stop())
    const value = 'https://hooks.slack.example/services/canary-4711'
    await engine.secrets.create({ companyId, name: 'KEY', value })
    const create = (config: object) =>
      engine.execute('routes.create', {
        input: { companyId, name: 'Out', destinationType, events: ['task.completed'], config },
        actor: { kind: 'system', id: 'system' },
      })
    expect(await errorOf(create(withSecret(value)))).toMatchObject({
      code: 'rule_violated',
      details: { path },
      message: expect.not.stringContaining('canary'),
    })
    await create(withSecret({ secret: 'KEY' }))
    const [route] = (await engine.routes.list({ companyId })).items
    expect(JSON.stringify(route?.config)).toContain('{"secret":"KEY"}')
    expect(await errorOf(engine.routes.update({ routeId: route?.id ?? '', config: {} }))).toMatchObject({ kind: 'invalid' })
  },
)

it.each([
  ['webhook', { url: 'https://user:canary@hooks.example' }],
  ['storage', { ...bucket, secretAccessKey: { secret: 'KEY' }, endpoint: 'https://canary@s3.example' }],
  ['email', { ...to, provider: 'sendgrid', apiKey: { secret: 'KEY' }, endpoint: 'https://user:canary@mail.example' }],
])('a route to %s refuses an address with a user or a password in it', async (destinationType, config) => {
  const { engine, companyId } = await createWorld({ storage: await newStorage(), destinations: allDestinations() })
  onTestFinished(() => engine.stop())
  await engine.secrets.create({ companyId, name: 'KEY', value: 'a secret value' })
  const refused = engine.routes.create({ companyId, name: 'Out', destinationType, events: ['task.completed'], config })
  expect(await errorOf(refused)).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('holds a user or a password') })
  expect((await errorOf(refused)).message).not.toContain('canary')
})
