import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3'

import { BLOBS_SPEC, type BlobStore } from '@engine/core/plugin'

export interface S3BlobsOptions {
  readonly bucket: string
  /** What each object's key begins with, for example `engine/`; nothing when left out. */
  readonly prefix?: string | undefined
  /** A client of yours, with its credentials and retries. Without one a client is made from `config`. */
  readonly client?: S3Client | undefined
  /** Region, endpoint, credentials, as the SDK takes them; left out, it looks in the environment. An endpoint of your own gets path-style requests. */
  readonly config?: S3ClientConfig | undefined
}

/** Blobs as objects of one bucket, at S3 or anything that speaks its protocol. The store answers for what it acknowledged. */
export function s3Blobs(options: S3BlobsOptions): BlobStore {
  const { bucket, prefix = '', client = createClient(options.config) } = options
  const object = (sha256: string) => ({ Bucket: bucket, Key: `${prefix}${sha256}` })

  async function has(sha256: string): Promise<boolean> {
    try {
      await client.send(new HeadObjectCommand(object(sha256)))
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  return {
    spec: BLOBS_SPEC,
    id: `s3:${bucket}/${prefix}`,
    async put(sha256, bytes) {
      if (await has(sha256)) return
      // With its own name as the checksum the store refuses what was damaged on the way.
      const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64')
      await client.send(new PutObjectCommand({ ...object(sha256), Body: bytes, ContentLength: bytes.length, ChecksumSHA256 }))
    },
    get: async (sha256) => ((await has(sha256)) ? read(client, object(sha256)) : null),
    has,
    delete: async (sha256) => void (await client.send(new DeleteObjectCommand(object(sha256)))),
  }
}

function createClient(config: S3ClientConfig = {}): S3Client {
  // A host of one's own seldom has a name for each bucket; and many of them know none of the newer checksums.
  return new S3Client({
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    forcePathStyle: config.endpoint !== undefined,
    ...config,
  })
}

async function* read(client: S3Client, object: { Bucket: string; Key: string }): AsyncGenerator<Uint8Array> {
  const { Body } = await client.send(new GetObjectCommand(object))
  // On Node a body is a stream of bytes; other platforms are not ours.
  yield* Body as AsyncIterable<Uint8Array>
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NotFound' || error.name === 'NoSuchKey')
}
