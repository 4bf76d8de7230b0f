export const ANCHOR_SPEC = 'engine.anchor.v1'

/** Where the chain of a company's sealed events stood at a time. */
export interface Anchor {
  readonly spec: typeof ANCHOR_SPEC
  readonly companyId: string
  /** The newest seal's number, the last event that it covers, and the seal: 64 hexadecimal digits. */
  readonly number: number
  readonly lastSeq: number
  readonly seal: string
  /** The life of the database that it was sealed in. */
  readonly epoch: number
  /** When it was anchored, ISO-8601. */
  readonly at: string
}

/** A place outside of the database that remembers anchors: who changes the database later can not change them too. */
export interface AnchorStore {
  readonly spec: typeof ANCHOR_SPEC
  /** Shown in logs, for example `file:./data/anchors.jsonl`; never holds a credential. */
  readonly id: string
  /**
   * Resolves when the anchor would survive a power cut. Several processes may publish the same one; one that was refused is
   * offered again, or a newer one in its place.
   */
  publish(anchor: Anchor): Promise<void>
}
