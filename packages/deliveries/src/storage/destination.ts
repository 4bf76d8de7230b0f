import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'

import {
  createRedactor,
  DESTINATION_SPEC,
  type AdapterTestReport,
  type DeliveryRequest,
  type DeliveryResult,
  type Destination,
  type DestinationTest,
} from '@engine/core/plugin'
import { createOutbound, type Outbound, type OutboundOptions } from '@engine/outbound'

import { reportOf, stopped } from '../remote/send.ts'
import { MissingValue } from '../remote/template.ts'
import { StorageConfig, type S3Config } from './config.ts'
import { PlaceTaken, writeFile } from './folder.ts'
import { fixedFolder, keptOf, type Kept } from './key.ts'
import { askS3 } from './s3.ts'

export interface StorageOptions extends OutboundOptions {
  /** Where routes with the provider `folder` write; without it they can not. For operators to set, never for users. */
  readonly folder?: string
}

/** An object goes in one request, whose hash is known before. */
const mostBytes = 256 * 1_048_576

/** Keeps what is delivered, and its files: in a bucket that speaks S3, or in a folder of the server for development. */
export function storageDestination(options: StorageOptions = {}): Destination<StorageConfig> {
  const outbound = createOutbound(options)
  const root = options.folder === undefined ? null : resolve(options.folder)
  const store: Store = { outbound, root }
  return {
    spec: DESTINATION_SPEC,
    type: 'storage',
    title: 'A bucket or a folder',
    configSchema: StorageConfig,
    secretFields: ['accessKeyId', 'secretAccessKey', 'sessionToken'],
    alwaysSecret: ['secretAccessKey', 'sessionToken'],
    deliver: (request) => keepAll(store, request),
    test: (request) => tryStorage(store, request),
  }
}

interface Store {
  readonly outbound: Outbound
  readonly root: string | null
}

const noFolder = 'This server keeps nothing in a folder; its operator can say where. Use the provider s3.'
const delivered: DeliveryResult = { kind: 'delivered' }

/** One after the other; another try writes the same objects again. Its reference is the key of the first. */
async function keepAll(store: Store, request: DeliveryRequest<StorageConfig>): Promise<DeliveryResult> {
  const { path, includes } = request.config
  try {
    const [content, ...files] = keptOf(request, path)
    const wanted = [...(content && includes !== 'files' ? [content] : []), ...(includes === 'body' ? [] : files)]
    for (const kept of wanted) {
      const result = await keep(store, request, kept)
      if (result.kind !== 'delivered') return result
    }
    return { kind: 'delivered', ...(wanted[0] && { reference: wanted[0].key }) }
  } catch (error) {
    if (error instanceof MissingValue) return { kind: 'parked', reason: `path: ${error.message}.` }
    throw error
  }
}

type Keeping = Pick<DeliveryRequest<StorageConfig>, 'config' | 'signal' | 'redactor'>

async function keep({ outbound, root }: Store, { config, signal, redactor }: Keeping, kept: Kept): Promise<DeliveryResult> {
  if (signal.aborted) return stopped
  if (config.provider === 'folder') return root === null ? { kind: 'parked', reason: noFolder } : keepFile(root, kept, signal)
  if (kept.size > mostBytes) return { kind: 'parked', reason: `${kept.key} is larger than ${mostBytes} bytes.` }
  const { key, contentType } = kept
  return askS3(outbound, { method: 'PUT', key, contentType, body: await bytesOf(kept), config, signal, redactor })
}

async function keepFile(root: string, kept: Kept, signal: AbortSignal): Promise<DeliveryResult> {
  try {
    await writeFile(root, kept, signal)
    return delivered
  } catch (error) {
    if (signal.aborted) return stopped
    if (error instanceof PlaceTaken) return { kind: 'parked', reason: error.message }
    if (error instanceof Error && 'code' in error)
      return { kind: 'retry', reason: `${kept.key} could not be written: ${String(error.code)}.` }
    throw error
  }
}

async function bytesOf({ open }: Kept): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of open()) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Writes an object and takes it away again. */
async function tryStorage(store: Store, { config, signal }: DestinationTest<StorageConfig>): Promise<AdapterTestReport> {
  // Credentials may be good for a part of a bucket only; a folder is made anew, and would stay.
  const key = `${config.provider === 's3' ? fixedFolder(config.path) : ''}engine-test-${randomUUID()}`
  const bytes = Buffer.from('A test of a route; it may be deleted.\n')
  const redactor = createRedactor([])
  const sample: Kept = {
    key,
    contentType: 'text/plain',
    size: bytes.length,
    open: async function* () {
      yield bytes
    },
  }
  const report = reportOf('write', await keep(store, { config, signal, redactor }, sample), 'A sample was written.')
  if (report.checks.some(({ status }) => status === 'failed')) return report
  return { checks: [...report.checks, await takeAway(store, { config, signal }, key)] }
}

async function takeAway(
  { outbound, root }: Store,
  { config, signal }: DestinationTest<StorageConfig>,
  key: string,
): Promise<AdapterTestReport['checks'][number]> {
  const isGone = config.provider === 'folder' ? await removed(root, key) : await deleted(outbound, config, { key, signal })
  return isGone
    ? { name: 'clean-up', status: 'passed', message: 'The sample was deleted.' }
    : { name: 'clean-up', status: 'warned', message: `These credentials may not delete, so ${key} is still there.` }
}

async function removed(root: string | null, key: string): Promise<boolean> {
  if (root !== null) await rm(join(root, key), { force: true })
  return true
}

async function deleted(outbound: Outbound, config: S3Config, { key, signal }: { key: string; signal: AbortSignal }): Promise<boolean> {
  const { kind } = await askS3(outbound, { method: 'DELETE', key, config, signal, redactor: createRedactor([]) })
  return kind === 'delivered'
}
