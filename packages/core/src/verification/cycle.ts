/** Who waits for whom. */
export type Edges = ReadonlyMap<string, readonly string[]>

/** The first cycle that is met for each start that leads to one, each cycle once, as the nodes on it in their order. Pure. */
export function cyclesIn(edges: Edges): string[][] {
  const cycles: string[][] = []
  const finished = new Set<string>()
  for (const start of edges.keys()) if (!finished.has(start)) cycles.push(...follow(start, { edges, finished }))
  return cycles
}

/** Depth first and without recursion, since a chain may be longer than a stack: a node that is met again on its own way closes a cycle. */
function follow(start: string, given: { edges: Edges; finished: Set<string> }): string[][] {
  const { edges, finished } = given
  const cycles: string[][] = []
  const way: string[] = []
  const onWay = new Set<string>()
  const open: ({ enter: string } | { leave: string })[] = [{ enter: start }]
  for (let next = open.pop(); next; next = open.pop()) {
    if ('leave' in next) {
      way.pop()
      onWay.delete(next.leave)
      finished.add(next.leave)
    } else if (onWay.has(next.enter)) cycles.push(way.slice(way.indexOf(next.enter)))
    else if (!finished.has(next.enter)) {
      way.push(next.enter)
      onWay.add(next.enter)
      open.push({ leave: next.enter })
      for (const target of edges.get(next.enter) ?? []) open.push({ enter: target })
    }
  }
  return cycles
}
