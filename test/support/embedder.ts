import type { Embedder } from '@engine/core'
import { EMBEDDER_SPEC } from '@engine/core/plugin'

/** Words that mean the same, and that no search by words takes for each other. */
const meanings = [
  ['car', 'automobile', 'vehicle'],
  ['money', 'invoice', 'budget'],
  ['animal', 'dog', 'otter'],
] as const

export interface TestEmbedder extends Embedder {
  /** Each call with its texts, oldest first. */
  readonly calls: (readonly string[])[]
  /** What it does instead of answering, when that is not null. */
  failing: ((texts: readonly string[]) => Promise<readonly (readonly number[])[]> | null) | null
}

/** An embedder that knows three meanings and calls nobody. */
export function testEmbedder(id = 'meanings'): TestEmbedder {
  const embedder: TestEmbedder = {
    spec: EMBEDDER_SPEC,
    id,
    dimensions: meanings.length,
    calls: [],
    failing: null,
    async embed(texts) {
      embedder.calls.push(texts)
      const failure = embedder.failing?.(texts)
      return failure ? await failure : texts.map(meaningOf)
    },
  }
  return embedder
}

function meaningOf(text: string): number[] {
  const words = text.toLowerCase().split(/[^a-z]+/)
  return meanings.map((same) => words.filter((word) => same.some((known) => known === word)).length)
}
