import type { Place } from '../parts/places.tsx'

/** Where in the board somebody is: a company by its prefix, and a place in it. */
export interface Address {
  readonly prefix: string
  readonly place: Place
}

const screens = [
  ...(['dashboard', 'inbox', 'tasks', 'agents', 'approvals', 'activity'] as const),
  ...(['budgets', 'costs', 'routes', 'deliveries', 'members', 'plugins', 'settings'] as const),
]

/** The path of a place, below the path that the board is served at. Pure. */
export function pathOf({ prefix, place }: Address): string {
  switch (place.screen) {
    case 'task':
      return `/${prefix}/tasks/${encodeURIComponent(place.taskId)}`
    case 'run':
      return `/${prefix}/runs/${place.runId}`
    case 'agent':
      return `/${prefix}/agents/${place.agentId}`
    default:
      return `/${prefix}/${place.screen}`
  }
}

/** Null for what is no address of ours; a company alone is its inbox. Pure. */
export function readPath(path: string): Address | null {
  const [prefix = '', screen = 'inbox', id] = path.split('/').filter(Boolean).map(decoded)
  if (!/^[A-Z][A-Z0-9]{1,7}$/.test(prefix)) return null
  if (id !== undefined) {
    if (screen === 'tasks') return { prefix, place: { screen: 'task', taskId: id } }
    if (screen === 'runs') return { prefix, place: { screen: 'run', runId: id } }
    return screen === 'agents' ? { prefix, place: { screen: 'agent', agentId: id } } : null
  }
  const known = screens.find((each) => each === screen)
  return known ? { prefix, place: { screen: known } } : null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
