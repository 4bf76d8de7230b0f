/**
 * Looks again and again until what it sees holds.
 * @param timeoutMs how long at most, milliseconds of the system's clock
 * @throws when the time is over, with what was seen last
 */
export async function until<Seen>(
  look: () => Promise<Seen> | Seen,
  holds: (seen: Seen) => boolean,
  timeoutMs: number = 10_000,
): Promise<Seen> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const seen = await look()
    if (holds(seen)) return seen
    if (performance.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms; last seen: ${JSON.stringify(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
