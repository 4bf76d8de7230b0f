import { cutBody } from '../knowledge/fit.ts'
import { countTokens, mostCharacters } from '../kernel/tokens.ts'
import type { RunContext } from '../ports/run-contract.ts'
import { shares, type Known, type Missing, type NamedMissing, type Section } from './context-sections.ts'

interface Fitted<Value> {
  readonly value: Value
  readonly used: number
  readonly missing: readonly Missing[]
}

type Comment = Known['comments'][number]
type Blocker = Known['blockers'][number]

/** Room for less than this is not worth a piece of a text. */
const leastPiece = 64

/**
 * What is told of what is known: each section takes what it needs, in order, as far as its share and what is left of the budget go.
 * What is left out or cut is named with how much it is. The tokens that are used are never more than the budget, whatever the texts. Pure.
 */
export function fitKnown(known: Known, budget: number): Fitted<Known> & { missing: NamedMissing[] } {
  const missing: NamedMissing[] = []
  let used = tokensOf(known.knowledge)
  function take<Value>(section: keyof typeof shares, fit: (room: number) => Fitted<Value>): Value {
    const fitted = fit(Math.max(0, Math.min(Math.floor(budget * shares[section]), budget - used)))
    used += fitted.used
    missing.push(...fitted.missing.map((one) => ({ ...one, section })))
    return fitted.value
  }
  const task = take('task', (room) => fitTask(known.task, room))
  const feedback = take('feedback', (room) =>
    fitList(known.feedback, { room, section: 'feedback', name: (one) => `review of version ${one.version}`, ...reviewText }),
  )
  const interactions = take('interactions', (room) =>
    fitList(known.interactions, { room, section: 'interactions', name: (one) => `${one.kind} ${one.id}` }),
  )
  const comments = take('comments', (room) => fitComments(known.comments, room))
  const blockers = take('blockers', (room) => fitBlockers(known.blockers, room))
  const goals = take('goals', (room) => fitGoals(known.goals, room))
  const preferences = take('preferences', (room) => fitPreferences(known.preferences, room))
  return { value: { task, feedback, interactions, comments, blockers, goals, preferences, knowledge: known.knowledge }, used, missing }
}

/** About how many tokens a part of a context is, with the names of its members. */
export function tokensOf(value: unknown): number {
  return countTokens(JSON.stringify(value))
}

/** The beginning of a text with a mark that says how much it was; null when there is no room for a piece. Pure. */
export function cutText(text: string, room: number): string | null {
  const mark = `\n\n[… cut here: the whole text is about ${countTokens(text)} tokens]`
  const most = room - countTokens(mark)
  if (most < leastPiece) return null
  const beginning = text.slice(0, mostCharacters(most)).toWellFormed()
  const piece = cutBody(beginning, most)
  // A text without paragraphs is cut where the room ends.
  const isWorthIt = piece !== null && countTokens(piece) * 2 > most
  return `${isWorthIt ? piece : longestWithin(beginning, most)}${mark}`
}

function longestWithin(text: string, most: number): string {
  let [low, high] = [0, text.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (countTokens(text.slice(0, middle)) <= most) low = middle
    else high = middle - 1
  }
  return text.slice(0, low).toWellFormed()
}

function fitTask(task: Known['task'], room: number): Fitted<Known['task']> {
  const bare = { ...task, description: null, acceptanceCriteria: [], context: {} }
  const missing: Missing[] = []
  // Title and tags are bounded, and say what it is about at all.
  let used = tokensOf(bare)
  const criteria = fitList(task.acceptanceCriteria, {
    room: Math.max(0, room - used),
    section: 'task',
    name: () => 'an acceptance criterion',
  })
  used += criteria.used
  const description = fitText(task.description, { room: room - used, what: 'the description' })
  used += description.used
  // A task without data is told whole in its bare form.
  const tokens = Object.keys(task.context).length === 0 ? 0 : tokensOf(task.context)
  const hasRoom = tokens <= room - used
  if (hasRoom) used += tokens
  else missing.push({ section: 'task', what: 'the data of the task (context)', tokens, isCut: false })
  return {
    value: { ...bare, acceptanceCriteria: criteria.value, description: description.value, context: hasRoom ? task.context : {} },
    used,
    missing: [...criteria.missing, ...description.missing, ...missing],
  }
}

/** A text as it is, or its beginning, or nothing. */
function fitText(text: string | null, given: { room: number; what: string }): Fitted<string | null> {
  const { room, what } = given
  if (text === null || tokensOf(text) <= room) return { value: text, used: text === null ? 0 : tokensOf(text), missing: [] }
  const whole = tokensOf(text)
  // What JSON escapes is counted too, so that a piece may need to be smaller than its characters say.
  for (let most = room; most >= leastPiece; most = Math.floor(most / 2)) {
    const value = cutText(text, most)
    if (value === null) break
    const used = tokensOf(value)
    if (used <= room) return { value, used, missing: [{ section: 'task', what, tokens: Math.max(0, whole - used), isCut: true }] }
  }
  return { value: null, used: 0, missing: [{ section: 'task', what, tokens: whole, isCut: false }] }
}

interface ListRules<Item> {
  readonly room: number
  readonly section: Section
  readonly name: (item: Item) => string
  /** Which of its texts may be cut, and the item with another one there. */
  readonly textOf?: (item: Item) => string | null
  readonly withText?: (item: Item, text: string) => Item
  /** The last are the newest, and count most. */
  readonly isNewestLast?: boolean
}

const reviewText = {
  isNewestLast: true,
  textOf: (review: Known['feedback'][number]) => review.feedback,
  withText: (review: Known['feedback'][number], feedback: string) => ({ ...review, feedback }),
}

/** Items while they fit; the first that does not is cut where it may be, others that do not are only named. */
function fitList<Item>(items: readonly Item[], rules: ListRules<Item>): Fitted<Item[]> {
  const { room, section, name, isNewestLast = false } = rules
  const value: Item[] = []
  const missing: Missing[] = []
  let used = 0
  let mayCut = true
  for (const item of isNewestLast ? items.toReversed() : items) {
    const tokens = tokensOf(item)
    const fits = used + tokens <= room
    const piece = fits || !mayCut ? null : pieceOf(item, { ...rules, room: room - used })
    if (!fits) mayCut = false
    const given = fits ? item : piece
    if (given !== null) {
      value.push(given)
      used += tokensOf(given)
    }
    if (!fits) missing.push({ section, what: name(item), tokens: tokens - (given === null ? 0 : tokensOf(given)), isCut: given !== null })
  }
  return { value: isNewestLast ? value.toReversed() : value, used, missing }
}

function pieceOf<Item>(item: Item, { room, textOf, withText }: ListRules<Item>): Item | null {
  const text = textOf?.(item) ?? null
  if (text === null || !withText) return null
  const { value } = fitText(text, { room: room - tokensOf(withText(item, '')), what: '' })
  return value === null ? null : withText(item, value)
}

function fitComments(comments: readonly Comment[], room: number, section: Section = 'comments'): Fitted<Comment[]> {
  return fitList(comments, {
    room,
    section,
    name: ({ author, createdAt }) => `comment by ${author} at ${createdAt}`,
    isNewestLast: true,
    textOf: ({ body }) => body,
    withText: (comment, body) => ({ ...comment, body }),
  })
}

function fitGoals(goals: Known['goals'], room: number): Fitted<Known['goals']> {
  return fitList(goals, {
    room,
    section: 'goals',
    name: ({ title }) => title,
    textOf: ({ description }) => description,
    withText: (goal, description) => ({ ...goal, description }),
  })
}

/** Each blocker has as much room as the others that are left; what it delivered goes before what was said about it. */
function fitBlockers(blockers: readonly Blocker[], room: number): Fitted<Blocker[]> {
  const value: Blocker[] = []
  const missing: Missing[] = []
  let used = 0
  for (const [index, blocker] of blockers.entries()) {
    const fitted = fitBlocker(blocker, Math.floor((room - used) / (blockers.length - index)))
    if (fitted.value) value.push(fitted.value)
    used += fitted.used
    missing.push(...fitted.missing)
  }
  return { value, used, missing }
}

function fitBlocker(blocker: Blocker, room: number): Fitted<Blocker | null> {
  const { identifier, deliverable } = blocker
  const bare: Blocker = { ...blocker, comments: [], deliverable: null }
  const base = tokensOf(bare)
  if (base > room)
    return { value: null, used: 0, missing: [{ section: 'blockers', what: identifier, tokens: tokensOf(blocker), isCut: false }] }
  const delivered = fitList(deliverable === null ? [] : [deliverable], {
    room: room - base,
    section: 'blockers',
    name: () => `what ${identifier} delivered`,
    textOf: ({ content }) => content,
    withText: (one, content) => ({ ...one, content }),
  })
  const comments = fitComments(blocker.comments, room - base - delivered.used, 'blockers')
  return {
    value: { ...bare, deliverable: delivered.value[0] ?? null, comments: comments.value },
    used: base + delivered.used + comments.used,
    missing: [...delivered.missing, ...comments.missing.map((one) => ({ ...one, what: `${one.what} on ${identifier}` }))],
  }
}

function fitPreferences(preferences: RunContext['preferences'], room: number): Fitted<RunContext['preferences']> {
  const { value, ...rest } = fitList(Object.entries(preferences), { room, section: 'preferences', name: ([key]) => key })
  return { ...rest, value: Object.fromEntries(value) }
}
