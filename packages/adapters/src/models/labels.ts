import { hash } from 'node:crypto'

import type { RunContext } from '@engine/core/plugin'

/** Longer texts are cut, so that one of them can not push the others out of a model's sight. */
const longestText = 100_000

export interface Labels {
  /** The name of the element that holds a text of others. */
  readonly tag: string
  /** The text between marks that say where it comes from and that it can not close by itself. */
  mark(origin: string, text: string): string
}

/**
 * Marks for the texts of one run. Whoever writes such a text can not know the tag: it depends on the run, and on all other texts,
 * and it stands in none of them.
 */
export function createLabels(context: RunContext): Labels {
  const all = JSON.stringify(context)
  let number = hash('sha256', all)
  while (all.includes(number.slice(0, 12))) number = hash('sha256', number)
  const tag = `text-${number.slice(0, 12)}`
  return { tag, mark: (origin, text) => `<${tag} origin="${attribute(origin)}">\n${cut(text)}\n</${tag}>` }
}

/** One line without what could end an attribute. */
function attribute(text: string): string {
  return oneLine(text).replaceAll(/["<>]/g, "'")
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

function cut(text: string): string {
  if (text.length <= longestText) return text
  return `${text.slice(0, longestText).toWellFormed()}\n[${text.length - longestText} more characters are left out]`
}
