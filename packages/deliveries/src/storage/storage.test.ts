import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

import { GetObjectCommand, CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { createRedactor, silentLogger, type DeliveredFile, type DeliveryRequest, type JsonObject } from '@engine/core/plugin'
import { testDestination } from '@engine/testing/destinations'
import { startFauxqs } from 'fauxqs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { isSignedForAws } from '../remote/aws-fixtures.ts'
import { openHttpReceiver, type Exchange } from '../remote/fixtures.ts'
import { storageDestination, StorageConfig } from './index.ts'
import { keptOf, safeName, templateProblem } from './key.ts'
import { urlOf } from './s3.ts'

const credentials = { accessKeyId: 'canary-id-4711', secretAccessKey: 'canary-secret-4711/+=' }
const allow = ['127.0.0.1']

/** Speaks the protocol of S3 on a port of this machine, and looks at no signature: the receiver in front of it does. */
let s3: Awaited<ReturnType<typeof startFauxqs>> | undefined
let client: S3Client
let buckets = 0
beforeAll(async () => {
  s3 = await startFauxqs({ port: 0, logger: false })
  client = new S3Client({
    endpoint: `http://127.0.0.1:${s3.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    forcePathStyle: true,
  })
})
afterAll(async () => {
  client?.destroy()
  await s3?.stop()
})

async function newBucket(): Promise<string> {
  buckets += 1
  const bucket = `results-${buckets}`
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  return bucket
}

async function objectsIn(bucket: string): Promise<{ key: string; text: string; contentType: string | undefined }[]> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
  return Promise.all(
    Contents.map(async ({ Key = '' }) => {
      const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
      return { key: Key, text: (await Body?.transformToString()) ?? '', contentType: ContentType }
    }),
  )
}

/** Takes only what is signed, and hands it to the server of S3. */
async function openS3() {
  const bucket = await newBucket()
  const receiver = await openHttpReceiver({
    isRight: async (exchange) => (await isSignedForAws(exchange, { service: 's3', ...credentials })) && (await forwarded(exchange)),
    idOf: () => '',
  })
  const config = { provider: 's3', bucket, endpoint: receiver.origin, ...credentials }
  const text = async () => {
    const objects = await objectsIn(bucket)
    const folders = new Set(objects.map(({ key }) => key.split('/').slice(0, 2).join('/')))
    return [...folders].map((id) => ({
      id,
      text: objects
        .filter(({ key }) => key.startsWith(`${id}/`))
        .map((object) => object.text)
        .join('\n'),
    }))
  }
  return { ...receiver, bucket, config, wrongConfig: { ...config, secretAccessKey: 'another' }, received: text }
}

async function forwarded({ method, path, headers, body }: Exchange): Promise<boolean> {
  const { 'content-type': contentType = '', authorization = '' } = headers
  const answer = await fetch(`http://127.0.0.1:${s3?.port}${path}`, {
    method,
    headers: { ...(contentType && { 'content-type': contentType }), authorization },
    ...(method === 'PUT' && { body: new Uint8Array(body) }),
  })
  return answer.ok
}

testDestination({
  name: 'storage in a bucket',
  create: () => storageDestination({ allow }),
  leastConfig: { provider: 's3', bucket: 'results', accessKeyId: 'a', secretAccessKey: 'b' },
  receiver: openS3,
  secrets: Object.values(credentials),
  takesFiles: true,
})

let root = ''
const nobody = 'nobody answers in a folder'
testDestination({
  name: 'storage in a folder',
  create: () => storageDestination({ folder: root }),
  leastConfig: { provider: 'folder' },
  receiver() {
    root = newFolder()
    const texts = () => {
      const files = filesIn(root)
      const ids = new Set(files.map((path) => path.split('/').slice(0, 2).join('/')))
      return [...ids].map((id) => ({
        id,
        text: files
          .filter((path) => path.startsWith(`${id}/`))
          .map((path) => readFileSync(join(root, path), 'utf8'))
          .join('\n'),
      }))
    }
    return {
      config: { provider: 'folder' },
      answer() {},
      asked: () => filesIn(root).length,
      received: texts,
      dispose: async () => undefined,
    }
  },
  takesFiles: true,
  skip: {
    'asks for another try when the receiver has no time, and waits as long as it says': nobody,
    'asks for another try when there is no answer': nobody,
    'parks what the receiver refuses': nobody,
    'ends when it is stopped, and asks for another try': nobody,
    'reports that a secret is wrong': nobody,
    'tells nobody a secret': 'a folder has none',
  },
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-storage-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Every file below a folder, links not followed. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted()
}

function file(name: string, text = name): DeliveredFile {
  return {
    name,
    contentType: 'text/plain',
    size: Buffer.byteLength(text),
    async *open() {
      yield Buffer.from(text)
    },
  }
}

const event = {
  id: 'event',
  type: 'deliverable.approved',
  companyId: 'company',
  occurredAt: '2026-11-21T10:00:00.000Z',
  data: {} as JsonObject,
}

function deliver(options: { folder?: string }, config: JsonObject, wish: Partial<DeliveryRequest<unknown>> = {}) {
  return storageDestination({ allow, ...options }).deliver({
    deliveryId: '019abc',
    attempt: 1,
    event,
    body: { kind: 'json', value: { title: 'Chairs' } },
    files: [],
    signal: new AbortController().signal,
    logger: silentLogger,
    redactor: createRedactor([]),
    ...wish,
    config: StorageConfig.parse(config),
  })
}

describe('what a delivery leaves in a bucket', () => {
  test('is its body and its files, with their types, below the path of the route; another try writes the same', async () => {
    const receiver = await openS3()
    onTestFinished(receiver.dispose)
    const path = 'reports/{{event.data.project}}/{{deliveryId}}'
    const told = { ...event, data: { project: 'Möbel & Söhne/../x' } }
    const files = [file('plan (1).txt', 'Saw.'), file('plan (1).txt', 'Glue.'), file('../../etc/passwd', 'No.')]
    const body = { kind: 'text', text: '# Chairs', contentType: 'text/markdown; charset=utf-8' } as const
    for (const attempt of [1, 2]) {
      const result = await deliver({}, { ...receiver.config, path }, { attempt, event: told, files, body })
      expect(result).toMatchObject({ kind: 'delivered', reference: 'reports/Möbel _ Söhne_.._x/019abc/content.md' })
    }
    const folder = 'reports/Möbel _ Söhne_.._x/019abc'
    expect((await objectsIn(receiver.bucket)).toSorted((left, right) => (left.key < right.key ? -1 : 1))).toEqual([
      { key: `${folder}/content.md`, text: '# Chairs', contentType: 'text/markdown; charset=utf-8' },
      { key: `${folder}/files/___.._etc_passwd`, text: 'No.', contentType: 'text/plain' },
      { key: `${folder}/files/plan (1)-2.txt`, text: 'Glue.', contentType: 'text/plain' },
      { key: `${folder}/files/plan (1).txt`, text: 'Saw.', contentType: 'text/plain' },
    ])
  })

  test.each([
    ['body', ['deliverable.approved/019abc/content.json']],
    ['files', ['deliverable.approved/019abc/files/a.txt']],
  ])('is only the %s when the route says so', async (includes, keys) => {
    const receiver = await openS3()
    onTestFinished(receiver.dispose)
    await deliver({}, { ...receiver.config, includes }, { files: [file('a.txt')] })
    expect((await objectsIn(receiver.bucket)).map(({ key }) => key)).toEqual(keys)
  })

  test('is nothing when the credentials can be in no header, or the path names what is not there', async () => {
    const receiver = await openS3()
    onTestFinished(receiver.dispose)
    for (const change of [{ accessKeyId: 'key\n' }, { path: '{{event.data.project}}' }, { path: 'a/{{event.data.constructor.name}}' }])
      expect(await deliver({}, { ...receiver.config, ...change })).toMatchObject({ kind: 'parked' })
    expect(receiver.asked()).toBe(0)
  })

  test('has keys of any letters and of what paths are written with, and files of no bytes', async () => {
    const receiver = await openS3()
    onTestFinished(receiver.dispose)
    const names = ['100% +1 & co.txt', '../..', '/etc/passwd', '椅子 é.txt', "it's (a) !b*.txt", '%2e%2e%2f.txt']
    const files = [...names.map((name) => file(name)), file('empty.txt', '')]
    expect(await deliver({}, { ...receiver.config, path: 'x', includes: 'files' }, { files })).toMatchObject({ kind: 'delivered' })
    expect(new Map((await objectsIn(receiver.bucket)).map(({ key, text }) => [key, text]))).toEqual(
      new Map([
        ['x/files/100_ +1 _ co.txt', names[0]],
        ['x/files/___', names[1]],
        ['x/files/_etc_passwd', names[2]],
        ['x/files/椅子 é.txt', names[3]],
        ['x/files/it_s (a) !b_.txt', names[4]],
        ['x/files/_2e_2e_2f.txt', names[5]],
        ['x/files/empty.txt', ''],
      ]),
    )
  })

  test.each([
    [400, 'RequestTimeout', 'retry'],
    [409, 'OperationAborted', 'retry'],
    [400, 'KeyTooLongError', 'parked'],
    [403, 'SignatureDoesNotMatch', 'parked'],
    [301, 'PermanentRedirect', 'parked'],
    [503, 'SlowDown', 'retry'],
  ])('that answers %i %s is a %s', async (status, code, kind) => {
    const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>So it is.</Message></Error>`
    const receiver = await openHttpReceiver({ isRight: () => true, idOf: () => '', take: () => ({ status, body }) })
    onTestFinished(receiver.dispose)
    const result = await deliver({}, { provider: 's3', bucket: 'results', endpoint: receiver.origin, ...credentials })
    expect(result).toMatchObject({ kind, status, response: body })
    expect(receiver.asked()).toBe(1)
  })

  test('leaves nothing of a test', async () => {
    const receiver = await openS3()
    onTestFinished(receiver.dispose)
    const { checks } = await storageDestination({ allow }).test({
      config: StorageConfig.parse(receiver.config),
      signal: new AbortController().signal,
    })
    expect(checks.map(({ status }) => status)).toEqual(['passed', 'passed'])
    expect(await objectsIn(receiver.bucket)).toEqual([])
  })

  test('is tried where deliveries will lie, so that credentials for a part of a bucket are enough', async () => {
    const receiver = await openS3()
    onTestFinished(receiver.dispose)
    for (const path of ['approved/{{event.type}}/{{deliveryId}}', 'all/here', 'x-{{deliveryId}}'])
      await storageDestination({ allow }).test({
        config: StorageConfig.parse({ ...receiver.config, path }),
        signal: new AbortController().signal,
      })
    const keys = ['approved/engine-test-id', 'all/here/engine-test-id', 'engine-test-id'].map((key) => `/${receiver.bucket}/${key}`)
    const asked = receiver.taken.map(({ method, path }) => `${method} ${path.replace(/-test-.+/, '-test-id')}`)
    expect(asked).toEqual(keys.flatMap((key) => [`PUT ${key}`, `DELETE ${key}`]))
  })
})

test.each([
  [{ bucket: 'results', region: 'eu-west-1' }, 'https://results.s3.eu-west-1.amazonaws.com/a/b%20c%2B%28'],
  [{ bucket: 'results.example', region: 'eu-west-1' }, 'https://s3.eu-west-1.amazonaws.com/results.example/a/b%20c%2B%28'],
  [
    { bucket: 'results', region: 'x', endpoint: 'https://s3.eu-central-003.backblazeb2.com/' },
    'https://s3.eu-central-003.backblazeb2.com/results/a/b%20c%2B%28',
  ],
])('an object of %j has the address %s', (config, url) => expect(urlOf(config, 'a/b c+(')).toBe(url))

describe('what a delivery leaves in a folder', () => {
  test('is whole files, and nothing else', async () => {
    const folder = join(newFolder(), 'not', 'there', 'yet')
    const result = await deliver({ folder }, { provider: 'folder' }, { files: [file('a.txt')] })
    expect(result).toEqual({ kind: 'delivered', reference: 'deliverable.approved/019abc/content.json' })
    expect(filesIn(folder)).toEqual(['deliverable.approved/019abc/content.json', 'deliverable.approved/019abc/files/a.txt'])
    if (process.platform !== 'win32') expect(lstatSync(join(folder, 'deliverable.approved/019abc/content.json')).mode & 0o777).toBe(0o600)
  })

  test('is nothing outside of it, whatever links lie there', async () => {
    const [folder, outside] = [newFolder(), newFolder()]
    writeFileSync(join(outside, 'precious'), 'precious')
    symlinkSync(outside, join(folder, 'deliverable.approved'))
    const result = await deliver({ folder }, { provider: 'folder' })
    expect(result).toMatchObject({ kind: 'parked', reason: expect.not.stringContaining(folder) })
    expect(readdirSync(outside)).toEqual(['precious'])

    rmSync(join(folder, 'deliverable.approved'))
    mkdirSync(join(folder, 'deliverable.approved', '019abc'), { recursive: true })
    symlinkSync(join(outside, 'precious'), join(folder, 'deliverable.approved', '019abc', 'content.json'))
    // The link itself is replaced.
    expect(await deliver({ folder }, { provider: 'folder' })).toMatchObject({ kind: 'delivered' })
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('precious')
    expect(lstatSync(join(folder, 'deliverable.approved', '019abc', 'content.json')).isFile()).toBe(true)
  })

  test('is nothing of a file that breaks off, and what was there before stays', async () => {
    const folder = newFolder()
    const broken = {
      ...file('a.txt', 'new'),
      async *open() {
        yield Buffer.from('ne')
        throw Object.assign(new Error('gone'), { code: 'EIO' })
      },
    }
    await deliver({ folder }, { provider: 'folder' }, { files: [file('a.txt', 'old')] })
    expect(await deliver({ folder }, { provider: 'folder' }, { files: [broken] })).toMatchObject({ kind: 'retry' })
    expect(readFileSync(join(folder, 'deliverable.approved/019abc/files/a.txt'), 'utf8')).toBe('old')
    expect(filesIn(folder).filter((path) => path.endsWith('.tmp'))).toEqual([])
  })

  test('is none where the operator names no folder', async () => {
    expect(await deliver({}, { provider: 'folder' })).toMatchObject({ kind: 'parked' })
    const { checks } = await storageDestination().test({
      config: StorageConfig.parse({ provider: 'folder' }),
      signal: new AbortController().signal,
    })
    expect(checks.map(({ status }) => status)).toEqual(['failed'])
  })

  test('stays inside whatever names files and values have', async () => {
    const folder = newFolder()
    const outer = join(folder, 'inner', 'root')
    const odd = fc.oneof(
      fc.constantFrom(
        '..',
        '.',
        '../..',
        '/etc/passwd',
        'C:\\x',
        'CON',
        'nul.txt',
        '\u0000',
        'a\u0000b',
        '...',
        ' ',
        '~',
        '﹒﹒',
        'a/../../../b',
        '%2e%2e',
      ),
      fc.string({ unit: 'binary', maxLength: 300 }),
    )
    await fc.assert(
      fc.asyncProperty(odd, odd, async (name, value) => {
        rmSync(outer, { recursive: true, force: true })
        const told = { ...event, data: { value } }
        const config = { provider: 'folder', path: 'x/{{event.data.value}}/{{deliveryId}}' }
        const { kind } = await deliver({ folder: outer }, config, { event: told, files: [file(name, 'inside')] })
        expect(['delivered', 'parked']).toContain(kind)
        expect(readdirSync(folder)).toEqual(existsSync(outer) ? ['inner'] : readdirSync(folder))
        if (kind === 'delivered') expect(filesIn(outer).map((path) => path.split('/').length)).toEqual([4, 5])
      }),
      { numRuns: 150 },
    )
    expect(filesIn(folder).filter((path) => !path.startsWith('inner/root/x/'))).toEqual([])
  })
})

test.each(['/a', 'a/', 'a//b', '../a', 'a/../b', '.', 'a/.', 'con', 'a\\b', 'a:b', 'a\u0000b', 'a/ b'])(
  'the path %j is refused',
  (path) => {
    expect(templateProblem(path)).not.toBeNull()
    expect(StorageConfig.safeParse({ provider: 'folder', path }).success).toBe(false)
  },
)
test.each([
  'a/{{event.data.a b}}',
  'a/{{ event.data.{{x}} }}',
  'a/{{#each event.data}}',
  'a/{{data.task.id}}',
  'a/{{event.dta.id}}',
  'a/{{event}}',
  '{{deliveryId.x}}',
])('the path %j names no place of a value', (path) => {
  expect(StorageConfig.safeParse({ provider: 'folder', path }).error?.issues).toMatchObject([
    { path: ['path'], message: expect.stringContaining('event.data') },
  ])
})
test.each(['a', 'a/b-c_1.d', '{{event.data.task.context.due-date}}', '{{event.type}}/{{ deliveryId }}', 'x-{{event.data.a.b}}.y/z'])(
  'the path %j is taken',
  (path) => {
    expect(templateProblem(path)).toBeNull()
  },
)

test.each([
  ['report.pdf', 'report.pdf'],
  ['a/b\\c:d*e?f"g<h>i|j', 'a_b_c_d_e_f_g_h_i_j'],
  ['..', '_'],
  [' ', ''],
  ['.hidden', '_hidden'],
  ['COM1.txt', '_COM1.txt'],
  ['trailing. ', 'trailing'],
  [`${'ü'.repeat(300)}.html`, `${'ü'.repeat(97)}.html`],
])('%j is kept as %j', (name, kept) => expect(safeName(name)).toBe(kept))

// A pattern that looks from each space to the next letter would take a quarter of an hour.
test('a name of a megabyte of spaces is cut, and read once', () => {
  expect(safeName(`a${' '.repeat(1_000_000)}b.txt`)).toMatch(/^a +\.txt$/)
})

test('two names that some systems take for one become two', () => {
  const kept = keptOf(
    { deliveryId: '1', event, body: { kind: 'json', value: {} }, files: [file('A.txt'), file('a.txt'), file('a.txt'), file(' ')] },
    'x',
  )
  expect(kept.map(({ key }) => key)).toEqual(['x/content.json', 'x/files/A.txt', 'x/files/a-2.txt', 'x/files/a-3.txt', 'x/files/file'])
})
