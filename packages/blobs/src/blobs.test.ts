import { hash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'

import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { startFauxqs } from 'fauxqs'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import type { BlobStore } from '@engine/core/plugin'

import { localBlobs } from './local/index.ts'
import { s3Blobs } from './s3/index.ts'

function blob(size: number): { sha256: string; bytes: Uint8Array } {
  const bytes = randomBytes(size)
  return { sha256: hash('sha256', bytes), bytes }
}

async function contentOf(store: BlobStore, sha256: string): Promise<Buffer | null> {
  const stream = await store.get(sha256)
  return stream && buffer(stream)
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-blobs-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Speaks the protocol of S3 on a port of this machine. */
let server: Awaited<ReturnType<typeof startFauxqs>> | undefined
let client: S3Client
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false })
  client = new S3Client(config())
  await client.send(new CreateBucketCommand({ Bucket: 'blobs' }))
})
afterAll(async () => {
  client?.destroy()
  await server?.stop()
})

function config() {
  return {
    endpoint: `http://127.0.0.1:${server?.port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    forcePathStyle: true,
  }
}

const stores: readonly [name: string, open: () => BlobStore][] = [
  ['a folder', () => localBlobs(join(newFolder(), 'not', 'there', 'yet'))],
  ['a bucket, by a client of the host', () => s3Blobs({ client, bucket: 'blobs', prefix: `${randomBytes(4).toString('hex')}/` })],
  [
    'a bucket at an endpoint',
    () => {
      const { forcePathStyle: _, ...others } = config()
      return s3Blobs({ config: others, bucket: 'blobs', prefix: `${randomBytes(4).toString('hex')}/` })
    },
  ],
]

describe.each(stores)('blobs in %s', (_, open) => {
  test.each([1, 65_536, 3_000_001])('%i bytes come back as they were', async (size) => {
    const store = open()
    const { sha256, bytes } = blob(size)
    await store.put(sha256, bytes)
    expect(await store.has(sha256)).toBe(true)
    expect((await contentOf(store, sha256))?.equals(bytes)).toBe(true)
  })

  test('what was never put is not there', async () => {
    const store = open()
    const { sha256 } = blob(8)
    expect(await store.has(sha256)).toBe(false)
    expect(await store.get(sha256)).toBeNull()
    await store.delete(sha256)
  })

  test('the same bytes are put again and by many at once without harm', async () => {
    const store = open()
    const { sha256, bytes } = blob(200_000)
    await Promise.all(Array.from({ length: 8 }, () => store.put(sha256, bytes)))
    await store.put(sha256, bytes)
    expect((await contentOf(store, sha256))?.equals(bytes)).toBe(true)
  })

  test('deleted bytes are gone, others stay', async () => {
    const store = open()
    const [first, second] = [blob(10), blob(10)]
    await store.put(first.sha256, first.bytes)
    await store.put(second.sha256, second.bytes)
    await store.delete(first.sha256)
    expect(await store.get(first.sha256)).toBeNull()
    expect((await contentOf(store, second.sha256))?.equals(second.bytes)).toBe(true)
  })

  test('a reader may stop after the first piece', async () => {
    const store = open()
    const { sha256, bytes } = blob(1_000_000)
    await store.put(sha256, bytes)
    for await (const piece of (await store.get(sha256)) ?? []) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
  })
})

test('a folder holds whole files under their hash, which only their owner may read, and nothing unfinished', async () => {
  const folder = newFolder()
  const { sha256, bytes } = blob(1_000)
  await localBlobs(folder).put(sha256, bytes)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile())
  expect(files).toEqual([join(sha256.slice(0, 2), sha256.slice(2, 4), sha256)])
  expect(statSync(join(folder, files[0] ?? '')).mode & 0o777).toBe(0o600)
})

test('a file that was cut short is written anew by the next who puts its bytes', async () => {
  const folder = newFolder()
  const store = localBlobs(folder)
  const { sha256, bytes } = blob(1_000)
  await store.put(sha256, bytes)
  await truncate(join(folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256), 10)
  await store.put(sha256, bytes)
  expect((await contentOf(store, sha256))?.equals(bytes)).toBe(true)
})

// Harmless if they were ever followed: the store lies deep enough that every way out of it ends in a folder of this test.
test.each(['../../outside', '/outside', '../outside', '', 'A'.repeat(64), `${'a'.repeat(63)}/`, `${'a'.repeat(64)}\n`, '..%2f'])(
  'the name %j never becomes a path',
  async (name) => {
    const folder = newFolder()
    const store = localBlobs(join(folder, '1', '2', '3', '4', '5', '6'))
    await expect(store.put(name, new Uint8Array(1))).rejects.toThrow('SHA-256')
    await expect(store.get(name)).rejects.toThrow('SHA-256')
    await expect(store.has(name)).rejects.toThrow('SHA-256')
    await expect(store.delete(name)).rejects.toThrow('SHA-256')
    expect(readdirSync(folder)).toEqual([])
  },
)

test('a bucket that is not there, or a server that does not answer, is an error and not an absence', async () => {
  const { sha256, bytes } = blob(10)
  const nowhere = s3Blobs({ config: { ...config(), endpoint: 'http://127.0.0.1:9', maxAttempts: 1 }, bucket: 'blobs' })
  await expect(nowhere.has(sha256)).rejects.toThrow()
  await expect(s3Blobs({ client, bucket: 'not-there' }).put(sha256, bytes)).rejects.toThrow()
})

test('objects lie under the prefix and the hash', async () => {
  const { sha256, bytes } = blob(10)
  await s3Blobs({ client, bucket: 'blobs', prefix: 'here/' }).put(sha256, bytes)
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: 'blobs', Prefix: 'here/' }))
  expect(Contents.map(({ Key }) => Key)).toEqual([`here/${sha256}`])
})
