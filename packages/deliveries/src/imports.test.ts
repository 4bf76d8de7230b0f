import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

/** What somebody pays for who never sends a mail. */
const heavy = ['nodemailer', '@aws-sdk', 'fauxqs', 'smtp-server']

/** Runs a module in a process of its own, beside this package. */
function run(source: string): unknown {
  const nodeArguments = ['--conditions=engine-source', '--input-type=module', '--eval', source]
  const output = execFileSync(process.execPath, nodeArguments, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return JSON.parse(output)
}

function packagesLoadedBy(specifier: string): string[] {
  const urls = run(`
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
    await import('${specifier}')
    console.log(JSON.stringify(urls))`)
  return heavy.filter((name) => JSON.stringify(urls).includes(`/node_modules/${name}/`))
}

test.each(['', '/webhook', '/email', '/storage', '/slack'])('importing @engine/deliveries%s loads no SDK', (path) => {
  expect(packagesLoadedBy(`@engine/deliveries${path}`)).toEqual([])
})

test('a library that is loaded would be seen', () => expect(packagesLoadedBy('nodemailer')).toEqual(['nodemailer']))

test.each([
  { provider: 'smtp', host: '127.0.0.1', port: 1, security: 'none' },
  { provider: 'ses', region: 'us-east-1', accessKeyId: 'a', secretAccessKey: 'b', endpoint: 'http://127.0.0.1:1' },
])('mail by $provider without nodemailer is parked, and says what to install', (config) => {
  const result = run(`
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'nodemailer') throw new Error('not here')
        return next(specifier, context)
      },
    })
    const { createRedactor, silentLogger } = await import('@engine/core/plugin')
    const { emailDestination } = await import('@engine/deliveries/email')
    const destination = emailDestination({ allow: ['127.0.0.1'] })
    const config = destination.configSchema.parse({ from: 'a@a.example', to: ['b@b.example'], ...${JSON.stringify(config)} })
    const event = { id: '1', type: 'a.b', companyId: '2', occurredAt: '', data: {} }
    const { signal } = new AbortController()
    const shared = { config, event, files: [], signal, logger: silentLogger, redactor: createRedactor([]) }
    console.log(JSON.stringify(await destination.deliver({ ...shared, deliveryId: '3', attempt: 1, body: { kind: 'json', value: {} } })))`)
  expect(result).toMatchObject({ kind: 'parked', reason: expect.stringContaining('npm install nodemailer') })
})
