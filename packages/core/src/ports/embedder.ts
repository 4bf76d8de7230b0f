export const EMBEDDER_SPEC = 'engine.embedder.v1'

/**
 * What makes vectors of texts, so that knowledge is found by its meaning as well as by its words. Engine ships with none: a model
 * is yours to choose, and whatever it calls is called outside of every transaction.
 */
export interface Embedder {
  readonly spec: typeof EMBEDDER_SPEC
  /** Names the model and all that its vectors depend on, 200 characters at most: vectors of another id are never compared with these. */
  readonly id: string
  /** The length of every vector. */
  readonly dimensions: number
  /**
   * One vector a text, in their order; of any length, since only directions are compared. Rejects when it cannot: what is to be
   * stored is tried again later, a search goes by words alone.
   */
  embed(texts: readonly string[], options: { readonly signal: AbortSignal }): Promise<readonly (readonly number[])[]>
}
