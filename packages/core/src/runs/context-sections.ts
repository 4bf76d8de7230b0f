import type { Scope } from '../kernel/permissions.ts'
import type { RunContext } from '../ports/run-contract.ts'

/** What is known of a task; each member is a section that has its part of the budget. */
export type Known = Pick<RunContext, 'task' | 'feedback' | 'interactions' | 'comments' | 'blockers' | 'goals' | 'knowledge' | 'preferences'>
export type Section = keyof Known
export type Omitted = RunContext['omitted'][number]

/** What is missing, before it is said where it can be read. */
export type Missing = Pick<Omitted, 'section' | 'what' | 'tokens' | 'isCut'>

export type NamedMissing = Missing & { readonly section: Section }

/**
 * How much of the budget a section may have at most, in the order in which they take it: what was asked for and what was said to
 * earlier work comes first, and no section can push out all others.
 */
export const shares = {
  task: 0.5,
  feedback: 0.25,
  interactions: 0.15,
  comments: 0.25,
  blockers: 0.35,
  goals: 0.1,
  preferences: 0.1,
} as const satisfies Partial<Record<Section, number>>

/** What somebody must be allowed to read to be shown a section; what of it stands in other sections too. */
export const readBy = {
  feedback: 'deliverables:read',
  interactions: 'interactions:read',
  comments: 'comments:read',
  goals: 'goals:read',
  knowledge: 'knowledge:read',
  preferences: 'preferences:read',
} as const satisfies Partial<Record<Section, Scope>>

/** What is missing for want of a right. Pure. */
export function withheldFrom<Name extends string>(section: Name) {
  return { section, what: 'all of it, which this key may not read', tokens: null, isCut: false } as const
}

/** The greatest part of the budget that knowledge may have; it is searched for and bounded before the rest is read. */
export const knowledgeShare = 0.25

interface Place {
  readonly companyId: string
  readonly taskId: string
}

/** Where all of a section can be read. */
function sourceOf(section: Section, { companyId, taskId }: Place): Pick<Omitted, 'operation' | 'path'> {
  const company = `/api/companies/${companyId}`
  const task = `/api/tasks/${taskId}`
  switch (section) {
    case 'task':
      return { operation: 'tasks.get', path: task }
    case 'comments':
      return { operation: 'comments.list', path: `${task}/comments` }
    case 'feedback':
      return { operation: 'deliverables.list', path: `${company}/deliverables?taskId=${taskId}` }
    case 'interactions':
      return { operation: 'interactions.list', path: `${company}/interactions?taskId=${taskId}` }
    case 'blockers':
      return { operation: 'tasks.get', path: task }
    case 'goals':
      return { operation: 'goals.list', path: `${company}/goals` }
    case 'knowledge':
      return { operation: 'knowledge.context', path: `${task}/knowledge` }
    case 'preferences':
      return { operation: 'preferences.resolve', path: `${company}/preferences/resolve?taskId=${taskId}` }
  }
}

/** How many things that are missing of one section are named one by one. */
const mostNamed = 20

/** What is missing with where it can be read; of many in one section the last are one entry. Pure. */
export function nameMissing(missing: readonly NamedMissing[], place: Place): Omitted[] {
  const sections = [...new Set(missing.map(({ section }) => section))]
  return sections.flatMap((section) => {
    const all = missing.filter((one) => one.section === section)
    const source = sourceOf(section, place)
    const named = all.slice(0, mostNamed).map((one) => ({ ...one, ...source }))
    const rest = all.slice(mostNamed)
    if (rest.length === 0) return named
    const tokens = rest.reduce((sum, one) => sum + (one.tokens ?? 0), 0)
    return [...named, { section, what: `${rest.length} more`, tokens, isCut: false, ...source }]
  })
}

/** What an agent that reads by itself is told of a task: what it is, and where the rest is. Pure. */
export function thinContext({ task }: Pick<Known, 'task'>, place: Place): Known & Pick<RunContext, 'omitted'> {
  const sections: readonly Section[] = ['task', 'feedback', 'interactions', 'comments', 'blockers', 'goals', 'knowledge', 'preferences']
  const all = sections.map((section) => ({ section, what: 'all of it', tokens: null, isCut: false }))
  return {
    task: { ...task, description: null, acceptanceCriteria: [], tags: [], context: {} },
    feedback: [],
    interactions: [],
    comments: [],
    blockers: [],
    goals: [],
    knowledge: { about: '', entries: [], omitted: [], moreOmitted: 0, usedEmbeddings: false },
    preferences: {},
    omitted: nameMissing(all, place),
  }
}
