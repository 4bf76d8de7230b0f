/** When a routine fires next by itself; null when it waits to be called. Pure. */
export function nextOf(triggers: readonly { readonly nextAt: string | null }[]): string | null {
  // ISO times in UTC are in the order of their letters.
  return triggers.flatMap(({ nextAt }) => nextAt ?? []).toSorted()[0] ?? null
}
