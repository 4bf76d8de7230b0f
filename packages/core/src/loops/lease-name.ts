/** One term of ownership: a run that waited for an answer has another lease afterwards. */
export interface Lease {
  readonly runId: string
  readonly fence: number
}

/** What is heard late of a lease is not said of the next one of its run. Pure. */
export function leaseName({ runId, fence }: Lease): string {
  return `${runId} ${fence}`
}
