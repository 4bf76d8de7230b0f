import { createHash } from 'node:crypto'

import { BLOBS_SPEC, type BlobStore } from '@engine/core/plugin'

/** A blob store that forgets everything with its process, and refuses bytes that are not those of their hash. */
export function memoryBlobs(): BlobStore {
  const kept = new Map<string, Uint8Array>()
  return {
    spec: BLOBS_SPEC,
    id: 'memory',
    async put(sha256, bytes) {
      const actual = createHash('sha256').update(bytes).digest('hex')
      if (actual !== sha256) throw new Error(`these bytes have the hash ${actual}, not ${sha256}`)
      kept.set(sha256, Uint8Array.from(bytes))
    },
    async get(sha256) {
      const bytes = kept.get(sha256)
      return bytes ? inOnePiece(bytes) : null
    },
    has: async (sha256) => kept.has(sha256),
    delete: async (sha256) => void kept.delete(sha256),
  }
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
