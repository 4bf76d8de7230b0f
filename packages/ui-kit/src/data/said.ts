import { shortMoment } from '../parts/format.ts'
import type { OperationName } from './operations.ts'

/** Part of a sentence: words, or a moment, which whoever shows it writes in the reader's own place. */
export type Said = string | { readonly at: string }

/** What does for people on the board what an operation does for callers, in the words that stand on its button. */
export const controls = {
  'budgets.set': 'Change',
  'plugins.configure': 'Configure',
  'runs.retry': 'Run it again',
  'secrets.create': 'New secret',
  'tasks.cancelSubtree': 'Cancel it and all below',
  'tasks.forceRelease': 'Take it back',
  'tasks.update': 'Move',
} as const satisfies Partial<Record<OperationName, string>>

/** What callers say by a field, in the words that stand beside it in a form. */
export const fieldLabels = {
  maxConcurrentRuns: 'Runs at once',
  maxCostMicrosPerRun: 'A run costs at most',
} as const

/** What callers alone say, and no form. */
const unseen = ['maxConcurrentTasks', 'micro-dollars']

const quoted: ReadonlyMap<string, string> = new Map(Object.entries({ ...controls, ...fieldLabels }))

/** Words of the wire that are names of nothing else. */
const wireWords = ['in_progress', 'in_review', 'pending_approval', 'revision_requested', 'timed_out', 'rate_limited', 'bad_request']

const anyOf = (words: Iterable<string>) => [...words].map((word) => word.replaceAll('.', '\\.')).join('|')
const id = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}'
/** Not within an address, a path or a piece of code, which are of others. */
const names = new RegExp(`(?<![\\w./\`'"-])(?:${anyOf([...quoted.keys(), ...wireWords])})(?![\\w.]*\\w|[/\`'"(-])`, 'g')
/** What stands in brackets for callers alone: a name of the wire, its unit, an id. Ids of others, such as of an order, are for people too. */
const asides = new RegExp(` \\((?:${anyOf([...quoted.keys(), ...unseen])}|scope [a-z]+:[a-z]+|interaction ${id})\\)`, 'g')
/** Whoever is refused something is the one who reads it. */
const reader = /^The user \S+ may not do this here\b/
const moments = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g

/**
 * A text that the server wrote for callers of its API, for people: instead of operations and fields it names the buttons and labels of the
 * board. Pure.
 */
export function said(text: string): readonly Said[] {
  const told = /^[a-z]+(?:_[a-z]+)+$/.test(text) ? words(text) : text.replace(reader, 'You may not do this here').replace(asides, '').replace(names, nameForPeople)
  const parts: Said[] = []
  let from = 0
  for (const found of told.matchAll(moments)) {
    // What only looks like one stays as it is.
    if (Number.isNaN(Date.parse(found[0]))) continue
    parts.push(told.slice(from, found.index), { at: found[0] })
    from = found.index + found[0].length
  }
  return [...parts, told.slice(from)].filter((part) => part !== '')
}

/** The same as one text, for what shows nothing but text. */
export function plainly(text: string): string {
  return said(text)
    .map((part) => (typeof part === 'string' ? part : shortMoment(part.at)))
    .join('')
}

function nameForPeople(name: string): string {
  const shown = quoted.get(name)
  return shown === undefined ? words(name) : `“${shown}”`
}

/** A status as people read it. Pure. */
export function words(status: string): string {
  return status.replaceAll('_', ' ')
}

/** The path of a field as people read it: `assigneeAgentId` is “assignee agent”. Names that people gave, as of a variable, stay. Pure. */
export function fieldWords(path: string): string {
  const label = quoted.get(path)
  if (label !== undefined) return label
  const parts = path.split('.').map((part) => (/^[a-z][A-Za-z]*$/.test(part) ? part.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase() : part))
  return parts.join(' ').replace(/ ids?$/, '')
}
