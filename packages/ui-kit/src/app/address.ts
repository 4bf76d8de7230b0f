import { listScreens, type Place } from '../parts/places.tsx'

/** Where in the board somebody is: a company by its prefix, and a place in it. */
export interface Address {
  readonly prefix: string
  readonly place: Place
}

/** What stands behind the word of a list and an id. */
const things: Readonly<Record<string, (id: string) => Place>> = {
  agents: (agentId) => ({ screen: 'agent', agentId }),
  pages: (plugin) => ({ screen: 'page', plugin }),
  goals: (goalId) => ({ screen: 'goal', goalId }),
  knowledge: (knowledgeEntryId) => ({ screen: 'entry', knowledgeEntryId }),
  projects: (projectId) => ({ screen: 'project', projectId }),
  routines: (routineId) => ({ screen: 'routine', routineId }),
  runs: (runId) => ({ screen: 'run', runId }),
  secrets: (secretId) => ({ screen: 'secret', secretId }),
  sprints: (sprintId) => ({ screen: 'sprint', sprintId }),
  tasks: (taskId) => ({ screen: 'task', taskId }),
}

/** The path of a place, below the path that the board is served at. Pure. */
export function pathOf({ prefix, place }: Address): string {
  switch (place.screen) {
    case 'task':
      return `/${prefix}/tasks/${encodeURIComponent(place.taskId)}`
    case 'run':
      return `/${prefix}/runs/${place.runId}`
    case 'agent':
      return `/${prefix}/agents/${place.agentId}`
    case 'goal':
      return `/${prefix}/goals/${place.goalId}`
    case 'project':
      return `/${prefix}/projects/${place.projectId}`
    case 'sprint':
      return `/${prefix}/sprints/${place.sprintId}`
    case 'entry':
      return `/${prefix}/knowledge/${place.knowledgeEntryId}`
    case 'routine':
      return `/${prefix}/routines/${place.routineId}`
    case 'secret':
      return `/${prefix}/secrets/${place.secretId}`
    case 'page':
      return `/${prefix}/pages/${place.plugin}`
    default:
      return `/${prefix}/${place.screen}`
  }
}

/** Null for what is no address of ours; a company alone is its inbox. Pure. */
export function readPath(path: string): Address | null {
  const [prefix = '', screen = 'inbox', id] = path.split('/').filter(Boolean).map(decoded)
  if (!/^[A-Z][A-Z0-9]{1,7}$/.test(prefix)) return null
  if (id !== undefined) {
    const place = things[screen]?.(id)
    return place ? { prefix, place } : null
  }
  const known = listScreens.find((each) => each === screen)
  return known ? { prefix, place: { screen: known } } : null
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
