/** One term of ownership: a run that waited for an answer has another lease afterwards. */
export interface Lease {
  readonly runId: string
  readonly fence: number
}

/** A lease, and what its run comes to a server with; null for a run of this process's database. */
export interface KeptLease extends Lease {
  readonly credential: string | null
}

/** What is heard late of a lease is not said of the next one of its run. Pure. */
export function leaseName({ runId, fence }: Lease): string {
  return `${runId} ${fence}`
}
