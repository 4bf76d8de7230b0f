import { hash } from 'node:crypto'

import { z } from 'zod'

import { BLOBS_SPEC, type BlobStore } from '../ports/blob-store.ts'
import type { Command, QueryContext } from './command.ts'
import { EngineError, kernelErrors } from './errors.ts'
import { requireSpec } from './parts.ts'

/** Bytes as a caller gives them: themselves, their base64, or a function that reads no more than `limit` once the call is allowed. */
export type ContentInput = Uint8Array | string | ((limit: number) => Promise<Uint8Array>)

/** What a command knows of bytes that it was given: they lie in the blob store. */
export interface StoredContent {
  readonly sha256: string
  readonly byteSize: number
}

const given = z.custom<ContentInput>(
  (value) => value instanceof Uint8Array || typeof value === 'string' || typeof value === 'function',
  'bytes, or their base64',
)

/** The input field `content` of a command that takes bytes. */
// Between parsing and handling, `storeContent` puts what the bytes are in the place of the bytes.
export const Content = given as unknown as z.ZodType<StoredContent, ContentInput>

/** What a query answers that gives bytes. */
export const Download = z.object({
  name: z.string(),
  contentType: z.string(),
  /** Null, as the hash is, for what is made while it is read. */
  byteSize: z.number().int().nullable(),
  sha256: z.string().nullable(),
  content: z.custom<AsyncIterable<Uint8Array>>((value) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value),
})

/**
 * Reads the bytes of a call that is allowed and puts them into the blob store, before the transaction of its command begins.
 * A command that fails afterwards leaves them there, where nothing refers to them.
 * @returns the input as the command handles it
 * @throws `payload_too_large`, `blobs_unavailable`
 */
export async function storeContent(
  context: QueryContext,
  command: Pick<Command, 'takesContent'>,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (!command.takesContent) return input
  const limit = await command.takesContent(context)
  // Parsed by `given`.
  const bytes = await read(input['content'] as ContentInput, limit)
  if (bytes.length === 0) throw invalidContent('is empty')
  if (bytes.length > limit) throw tooLarge(limit)
  const stored: StoredContent = { sha256: hash('sha256', bytes), byteSize: bytes.length }
  await context.blobs.put(stored.sha256, bytes)
  return { ...input, content: stored }
}

async function read(content: ContentInput, limit: number): Promise<Uint8Array> {
  if (typeof content === 'function') return content(limit)
  if (typeof content !== 'string') return content
  if (content.length > Math.ceil(limit / 3) * 4) throw tooLarge(limit)
  const bytes = Buffer.from(content, 'base64')
  if (bytes.toString('base64') !== content) throw invalidContent('is not base64 with its padding')
  return bytes
}

function tooLarge(limit: number): EngineError {
  return new EngineError(kernelErrors.payload_too_large, `This company takes files of up to ${limit} bytes; this one is larger.`, {
    details: { limit },
  })
}

function invalidContent(message: string): EngineError {
  return new EngineError(kernelErrors.invalid_input, `Invalid input: content ${message}.`, {
    details: { errors: [{ path: 'content', message }] },
  })
}

/** A blob store whose failures say what they mean to the caller. Without one every use fails with advice. */
export function guardBlobs(blobs: BlobStore | undefined): BlobStore {
  if (!blobs) return absentBlobs
  requireSpec('The blob store', blobs, BLOBS_SPEC)
  return {
    spec: blobs.spec,
    id: blobs.id,
    put: (sha256, bytes) => guarded(blobs.put(sha256, bytes)),
    get: (sha256) => guarded(blobs.get(sha256)),
    has: (sha256) => guarded(blobs.has(sha256)),
    delete: (sha256) => guarded(blobs.delete(sha256)),
    problem: async () => (await blobs.problem?.()) ?? null,
  }
}

async function guarded<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (cause) {
    // What went wrong is for the log: it may name paths or hosts.
    throw new EngineError(kernelErrors.blobs_unavailable, 'The blob store does not answer as it should; nothing was changed. Try again.', {
      cause,
    })
  }
}

async function refuse(): Promise<never> {
  throw new EngineError(
    kernelErrors.blobs_unavailable,
    'This engine has no place for files. Create it with one: createEngine({ …, blobs: localBlobs("./data/blobs") }), see docs/attachments.md.',
  )
}

const absentBlobs: BlobStore = { spec: BLOBS_SPEC, id: 'none', put: refuse, get: refuse, has: refuse, delete: refuse }
