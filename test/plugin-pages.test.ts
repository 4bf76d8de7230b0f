import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { describe, expect, it, onTestFinished } from 'vitest'

import { createClient } from '@engine/client'
import { createEngine, type PluginDefinition } from '@engine/core'
import { isolatedPlugin, type IsolatedManifest } from '@engine/core/plugin'
import { createHandler, localOperator, serve, webHandler } from '@engine/http'
import { notes } from '@engine/plugin-notes'
import { sqlite } from '@engine/storage-sqlite'
import { errorOf } from '@engine/testing'

import { callHandler } from './http-fixtures.ts'
import { temporaryFolder } from './support/files.ts'
import { pageFolder } from './support/frame-plugins.ts'

const secret = 'a secret of the machine'
const page = '<!doctype html><title>A page</title><link rel="stylesheet" href="./page.css">'

/** A package with a page in `ui`, and things that are none of a browser's business around it. */
function packageFolder(): string {
  const root = join(temporaryFolder(), 'package')
  mkdirSync(join(root, 'ui', 'parts'), { recursive: true })
  const files = {
    '../outside.txt': secret,
    'package.json': JSON.stringify({ name: secret }),
    'server.js': `// ${secret}`,
    'ui/.env': secret,
    'ui/page.html': page,
    'ui/page.css': 'p { color: red }',
    'ui/parts/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'ui/data.bin': 'bytes',
  }
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content)
  return root
}

function paged(root: URL | undefined, more: Partial<PluginDefinition> = {}): PluginDefinition {
  const ui = [{ slot: 'page', title: 'Paged', entry: './ui/page.html' }] as const
  return { id: 'paged', version: '1.0.0', engine: '^1', ui, ...(root && { root }), ...more }
}

async function opened(plugin: PluginDefinition) {
  const engine = await createEngine({ storage: sqlite(':memory:'), plugins: [plugin] })
  onTestFinished(() => engine.stop())
  const { id: companyId } = await engine.companies.create({ name: 'Acme' })
  const { items } = await engine.plugins.slots({ companyId })
  return { engine, companyId, folder: `/${dirname(items[0]?.path ?? '')}`, call: callHandler({ engine, localActor: localOperator }) }
}

/** As it is written, without what clients make of a path. */
function askRaw(url: string, path: string): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url)
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>()
  request({ hostname, port, path, headers: { accept: '*/*' } }, (response) => {
    text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
  })
    .on('error', reject)
    .end()
  return promise
}

describe('the files of a plugin', () => {
  it('are given out with a policy that lets a page reach nothing but them, to be kept for ever', async () => {
    const { call, folder } = await opened(paged(pathToFileURL(`${packageFolder()}/`)))
    const answer = await call('GET', `${folder}/page.html`)
    expect([answer.status, answer.text]).toEqual([200, page])
    const policy = answer.headers.get('content-security-policy') ?? ''
    for (const rule of [
      'sandbox allow-scripts',
      "default-src 'none'",
      "connect-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'self'",
    ])
      expect(policy.split('; ')).toContain(rule)
    expect(policy).not.toMatch(/unsafe|https?:|\*|allow-same-origin/)
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const types = { 'page.html': 'text/html; charset=utf-8', 'page.css': 'text/css; charset=utf-8', 'parts/icon.svg': 'image/svg+xml' }
    for (const [name, type] of Object.entries({
      ...types,
      'data.bin': 'application/octet-stream',
      'engine-frame.js': 'text/javascript; charset=utf-8',
    })) {
      const file = await call('GET', `${folder}/${name}`)
      expect([file.status, file.headers.get('content-type'), file.headers.get('content-security-policy')]).toEqual([200, type, policy])
    }
  })

  it('come without asking who it is, as a page in a sandbox asks for them, and set no cookie', async () => {
    const { call, folder } = await opened(paged(pathToFileURL(`${packageFolder()}/`)))
    const sandboxed = { origin: 'null', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors', host: 'localhost:4400' }
    const answer = await call('GET', `${folder}/engine-frame.js`, { headers: sandboxed })
    expect([answer.status, answer.headers.get('access-control-allow-origin'), answer.headers.get('set-cookie')]).toEqual([200, '*', null])
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
    // The API says no to the same page.
    expect((await call('GET', '/api/companies', { headers: sandboxed })).at('code')).toBe('untrusted_origin')
    expect((await call('POST', `${folder}/page.html`)).status).toBe(404)
  })

  it('have another address when any of them is another', async () => {
    const root = packageFolder()
    const first = await opened(paged(pathToFileURL(`${root}/`)))
    const same = await opened(paged(pathToFileURL(`${root}/`)))
    writeFileSync(join(root, 'ui', 'page.css'), 'p { color: green }')
    const other = await opened(paged(pathToFileURL(`${root}/`)))
    expect(same.folder).toBe(first.folder)
    expect(other.folder).not.toBe(first.folder)
    expect((await other.call('GET', `${first.folder}/page.css`)).status).toBe(404)
    // What was read when the engine was created is what is given out.
    expect((await first.call('GET', `${first.folder}/page.css`)).text).toBe('p { color: red }')
  })

  const ways = [
    '../package.json',
    '../server.js',
    '../../outside.txt',
    './../package.json',
    'parts/../../package.json',
    '..%2fpackage.json',
    '%2e%2e/package.json',
    '%2e%2e%2fpackage.json',
    '.%2e/package.json',
    '%252e%252e/package.json',
    '..%5cpackage.json',
    '..\\package.json',
    '..;/package.json',
    '%c0%ae%c0%ae/package.json',
    '%u002e%u002e/package.json',
    '..%00/package.json',
    'page.html%00.png',
    'page.html/../../package.json',
    '.env',
    '%2eenv',
    './/.env',
    '/etc/passwd',
    '//etc/passwd',
    'file:///etc/passwd',
    'page%2ehtml',
    'PAGE.HTML',
    'page.html/',
    'page.html.',
    '',
    '.',
    'parts',
    'parts/',
    '__proto__',
    'constructor',
  ]

  it.each(ways)('are not reached by the way "%s"', async (way) => {
    const { engine, folder } = await opened(paged(pathToFileURL(`${packageFolder()}/`)))
    const server = await serve({ engine, port: 0 })
    onTestFinished(() => server.close())
    const answer = await askRaw(server.url, `${folder}/${way}`)
    expect(answer.status).toBe(404)
    expect(answer.body).not.toContain(secret)
    expect((await askRaw(server.url, `${folder}/page.html`)).status).toBe(200)
  })
})

const broken: readonly [what: string, make: () => PluginDefinition, says: RegExp][] = [
  ['does not say where its package is', () => paged(undefined), /does not say where its package is/],
  ['is somewhere else than on disk', () => paged(new URL('https://example.com/')), /does not say where its package is/],
  ['is nowhere', () => paged(pathToFileURL('/nowhere/at/all/')), /where nothing is/],
  ['lacks its page', () => paged(pageFolder({ 'other.html': page })), /there is no such file/],
  ['lacks the folder of its page', () => paged(pathToFileURL(`${temporaryFolder()}/`)), /no folder of its package/],
  ['has a link beside its page', () => linked((root) => symlinkSync('/etc/hostname', join(root, 'ui', 'name.txt'))), /is a link/],
  ['has a link to a folder beside its page', () => linked((root) => symlinkSync('/etc', join(root, 'ui', 'etc'))), /is a link/],
  ['has its page in a link', () => linkedFolder(), /no folder of its package/],
  ['has a file whose name needs another spelling', () => paged(pageFolder({ 'page.html': page, 'a b.css': '' })), /"ui\/a b\.css"/],
  ['has too many files', () => paged(pageFolder(many())), /more than 200 files/],
  ['has too large files', () => paged(pageFolder({ 'page.html': page, 'large.bin': 'x'.repeat(9_000_000) })), /more than 8 MiB/],
  ...[
    './page.html',
    './../page.html',
    './ui/../../page.html',
    './ui/.page.html',
    './ui/page.js',
    './ui/%2e%2e/page.html',
    '/ui/page.html',
  ].map((entry): [string, () => PluginDefinition, RegExp] => [
    `shows ${entry}`,
    // Plain JavaScript says anything.
    () => paged(pageFolder({ 'page.html': page }), { ui: [{ slot: 'page', title: 'x', entry: entry as './x.html' }] }),
    /no page in a folder of its package/,
  ]),
  ['shows two pages at one place', () => paged(pageFolder({ 'page.html': page }), { ui: [0, 1].map(() => entryOf('page')) }), /two pages/],
  [
    'shows something where no place is',
    () => paged(pageFolder({ 'page.html': page }), { ui: [entryOf('moon' as 'page')] }),
    /the board has task, agent/,
  ],
]

function entryOf(slot: 'page') {
  return { slot, title: 'x', entry: './ui/page.html' } as const
}

function many(): Record<string, string> {
  return { 'page.html': page, ...Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`${at}.txt`, ''])) }
}

function linked(add: (root: string) => void): PluginDefinition {
  const root = pageFolder({ 'page.html': page })
  add(fileURLToPath(root))
  return paged(root)
}

function linkedFolder(): PluginDefinition {
  const elsewhere = fileURLToPath(pageFolder({ 'page.html': page }))
  const root = temporaryFolder()
  symlinkSync(join(elsewhere, 'ui'), join(root, 'ui'))
  return paged(pathToFileURL(`${root}/`))
}

describe('an engine is not created with a plugin that', () => {
  it.each(broken)('%s', async (_, make, says) => {
    const error = await errorOf(createEngine({ storage: sqlite(':memory:'), plugins: [make()] }))
    expect([error.code, error.details]).toMatchObject(['plugin_invalid', { plugin: 'paged' }])
    expect(error.message).toMatch(says)
  })
})

describe('what plugins show in a company', () => {
  it('is what works there, with the operations that its page may ask for', async () => {
    const { engine, companyId } = await opened(notes())
    const { items } = await engine.plugins.slots({ companyId })
    expect(items).toMatchObject([
      {
        plugin: 'notes',
        slot: 'task',
        title: 'Notes',
        operations: [
          { name: 'notes.list', route: 'GET /companies/:companyId/notes' },
          { name: 'notes.add', route: 'POST /companies/:companyId/notes' },
          { name: 'notes.remove', route: 'DELETE /companies/:companyId/notes/:noteId' },
        ],
      },
    ])
    const { id: pluginId } = await engine.plugins.install({ companyId, plugin: 'notes' })
    for (const [change, count] of [
      ['disable', 0],
      ['enable', 1],
      ['uninstall', 0],
    ] as const) {
      await engine.plugins[change]({ pluginId })
      expect((await engine.plugins.slots({ companyId })).items, change).toHaveLength(count)
    }
  })

  it('is called by a client that knows nothing of the plugin, by the route that it is told', async () => {
    const { engine, companyId } = await opened(notes())
    const client = createClient({ url: 'http://localhost', fetch: webHandler(createHandler({ engine, localActor: localOperator })) })
    const { items } = await client.plugins.slots({ companyId })
    const routeOf = (name: string) => items[0]?.operations.find((operation) => operation.name === name)?.route ?? ''
    const call = (name: string, input: object) => client.execute(name, { companyId, ...input }, { route: routeOf(name) })
    await call('notes.add', { text: 'Hello' })
    expect(await call('notes.list', { limit: 1 })).toMatchObject({ items: [{ text: 'Hello' }] })
    expect((await errorOf(client.execute('notes.list', { companyId }))).code).toBe('unknown_route')
  })

  it('is shown to everybody in it, and to nobody else', async () => {
    const { engine, companyId } = await opened(notes())
    const viewer = { kind: 'user', id: 'reader', roles: { [companyId]: 'viewer' } } as const
    expect((await engine.as(viewer).plugins.slots({ companyId })).items).toHaveLength(1)
    const { id: other } = await engine.companies.create({ name: 'Other' })
    expect((await errorOf(engine.as(viewer).plugins.slots({ companyId: other }))).code).toBe('not_found')
  })

  it('is nothing of an isolated plugin before its places were approved, and after they changed', async () => {
    const root = pageFolder({ 'page.html': page })
    const manifest = (slots: readonly ('page' | 'task')[]): IsolatedManifest => ({
      id: 'paged',
      version: '1.0.0',
      engine: '^1',
      ui: slots.map((slot) => ({ slot, title: 'Paged', entry: './ui/page.html' })),
    })
    const place = fileURLToPath(root)
    const isolated = (slots: readonly ('page' | 'task')[]) =>
      isolatedPlugin({ manifest: manifest(slots), root: place, entry: join(place, 'plugin.mjs') })
    const file = join(temporaryFolder(), 'engine.db')
    const first = await createEngine({ storage: sqlite(file), plugins: [isolated(['page'])] })
    const { id: companyId } = await first.companies.create({ name: 'Acme' })
    const shown = async (engine: Pick<typeof first, 'plugins'>) => (await engine.plugins.slots({ companyId })).items.map(({ slot }) => slot)
    expect(await shown(first)).toEqual([])
    await first.plugins.install({ companyId, plugin: 'paged' })
    expect(await shown(first)).toEqual([])
    const [approval] = (await first.approvals.list({ companyId })).items
    expect(approval?.payload).toMatchObject({ capabilities: { slots: ['page'] } })
    await first.approvals.approve({ approvalId: approval?.id ?? '', payloadHash: approval?.payloadHash ?? '' })
    expect(await shown(first)).toEqual(['page'])
    await first.stop()
    const second = await createEngine({ storage: sqlite(file), plugins: [isolated(['page', 'task'])] })
    onTestFinished(() => second.stop())
    expect(await shown(second)).toEqual([])
  })
})
