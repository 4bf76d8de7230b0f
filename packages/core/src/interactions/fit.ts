import type { Ask } from '../ports/ask-contract.ts'
import type { GivenAnswer } from './schema.ts'

type AskOf<Kind extends Ask['kind']> = Extract<Ask, { kind: Kind }>

/** How each kind is said in a sentence, and what ends it. */
const words: Readonly<Record<Ask['kind'], string>> = {
  question: 'a question: answer it with choice, text, or both',
  confirmation: 'a confirmation: accept or reject it',
  suggested_tasks: 'a suggestion of tasks: accept or reject it',
  checkboxes: 'a list of checkboxes: answer it with checked',
  verdicts: 'a list of items to judge: answer it with verdicts',
}

const fieldsOf: Readonly<Record<Ask['kind'], readonly string[]>> = {
  question: ['choice', 'text'],
  confirmation: [],
  suggested_tasks: [],
  checkboxes: ['checked'],
  verdicts: ['verdicts'],
}

/** What is wrong with an answer to this; null when it fits. Pure. */
export function problemOfAnswer(ask: Ask, given: GivenAnswer): string | null {
  const fields = Object.entries(given).flatMap(([field, value]) => (value === undefined ? [] : [field]))
  if (fields.length === 0 || fields.some((field) => !fieldsOf[ask.kind].includes(field))) return `This is ${words[ask.kind]}.`
  switch (ask.kind) {
    case 'question':
      return problemOfQuestion(ask, given)
    case 'checkboxes':
      return problemOfChecked(ask, given.checked ?? [])
    case 'verdicts':
      return problemOfVerdicts(ask, given.verdicts ?? [])
    case 'confirmation':
    case 'suggested_tasks':
      return null
  }
}

function problemOfQuestion({ choices = [], allowsText = true }: AskOf<'question'>, { choice, text }: GivenAnswer): string | null {
  if (text !== undefined && !allowsText) return `text: this question takes one of its choices only: ${names(choices)}.`
  if (choice === undefined || choices.some(({ key }) => key === choice)) return null
  return choices.length === 0
    ? 'choice: this question has no choices; answer it with text.'
    : `choice: there is no ${choice}; there are ${names(choices)}.`
}

function problemOfChecked({ items, min = 0, max = items.length }: AskOf<'checkboxes'>, checked: readonly string[]): string | null {
  const problem = problemOfKeys(items, { field: 'checked', keys: checked })
  if (problem) return problem
  if (checked.length >= min && checked.length <= max) return null
  return `checked: ${checked.length} are checked, and ${min === max ? `exactly ${min}` : `${min} to ${max}`} must be.`
}

function problemOfVerdicts({ items }: AskOf<'verdicts'>, verdicts: readonly { key: string }[]): string | null {
  const keys = verdicts.map(({ key }) => key)
  const problem = problemOfKeys(items, { field: 'verdicts', keys })
  if (problem) return problem
  const missing = items.filter(({ key }) => !keys.includes(key))
  return missing.length === 0 ? null : `verdicts: each item needs one; there is none for ${names(missing)}.`
}

/** What is wrong with accepting this; null when it can be. Pure. */
export function problemOfAcceptance(ask: Ask, keys: readonly string[] | undefined): string | null {
  if (ask.kind === 'suggested_tasks') return problemOfKeys(ask.tasks, { field: 'keys', keys: keys ?? [] })
  if (ask.kind !== 'confirmation') return `This is ${words[ask.kind]}.`
  return keys === undefined ? null : 'keys: a confirmation has no parts; leave them out.'
}

/** What is wrong with rejecting this; null when it can be. Pure. */
export function problemOfRejection(ask: Ask): string | null {
  return ask.kind === 'suggested_tasks' || ask.kind === 'confirmation' ? null : `This is ${words[ask.kind]}; or cancel it.`
}

function problemOfKeys(items: readonly { key: string }[], { field, keys }: { field: string; keys: readonly string[] }): string | null {
  const known = new Set(items.map(({ key }) => key))
  const unknown = keys.find((key) => !known.has(key))
  if (unknown !== undefined) return `${field}: there is no ${unknown}; there are ${names(items)}.`
  const twice = keys.find((key, index) => keys.indexOf(key) !== index)
  return twice === undefined ? null : `${field}: ${twice} is there twice.`
}

function names(items: readonly { key: string }[]): string {
  const keys = items.map(({ key }) => key)
  return keys.length > 10 ? `${keys.slice(0, 10).join(', ')}, …` : keys.join(', ')
}
