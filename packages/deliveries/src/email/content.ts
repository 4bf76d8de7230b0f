import type { DeliveredEvent, DeliveryBody } from '@engine/core/plugin'

import { factsOf, oneLine, type Fact } from '../remote/words.ts'
import { bodyOf, textOf } from './html.ts'

/** What a mail says, for readers with and without HTML. */
export interface Content {
  readonly text: string
  readonly html: string
}

interface Told {
  readonly headline: string
  readonly event: DeliveredEvent
  readonly body: DeliveryBody
  /** Names of files that are not attached. */
  readonly left: readonly string[]
}

/** What a template made is the whole mail; without one it tells what happened and what the body says. Pure. */
export function contentOf(told: Told): Content {
  const { body: given, headline, left } = told
  // A template of nothing but values may come to nothing, and a mail of nothing is refused by carriers.
  const body = given.kind === 'text' && given.text.trim() === '' ? { ...given, text: headline, contentType: 'text/plain' } : given
  const note = left.length > 0 ? `Files that are not attached: ${left.join(', ')}` : ''
  if (body.kind === 'text' && isHtml(body.contentType))
    return { text: joined([textOf(body.text), note]), html: body.text + (note && `<p>${escaped(note)}</p>`) }
  if (body.kind === 'text') return { text: joined([body.text, note]), html: page(paragraphs([body.text, note])) }
  const { event } = told
  const facts = factsOf(body.value)
  const when = oneLine(`${event.type}, ${event.occurredAt}`)
  return {
    text: joined([headline, facts.map(line).join('\n'), note, when]),
    html: page(`<h1 style="font-size:1.2em">${escaped(headline)}</h1>${table(facts)}${paragraphs([note, when])}`),
  }
}

/** Several things in one mail, in their order, each as it would be told by itself. Pure. */
export function digestOf(headline: string, entries: readonly Told[]): Content {
  const told = entries.map(contentOf)
  const isOne = told.length === 1
  const head = isOne ? '' : `<h1 style="font-size:1.3em">${escaped(headline)}</h1>`
  return {
    text: joined([isOne ? '' : headline, told.map(({ text }) => text.trimEnd()).join(`\n\n${'-'.repeat(40)}\n\n`)]),
    html: page(head + told.map(({ html }) => bodyOf(html)).join('<hr>')),
  }
}

function isHtml(contentType: string): boolean {
  return /^text\/html\b/i.test(contentType.trim())
}

function line({ label, text }: Fact): string {
  return text.includes('\n') ? `\n${label}:\n${text}\n` : `${label}: ${text}`
}

function joined(parts: readonly string[]): string {
  return `${parts.filter((part) => part.trim() !== '').join('\n\n')}\n`
}

function table(facts: readonly Fact[]): string {
  const cell = 'style="padding:4px 12px 4px 0;vertical-align:top;white-space:pre-wrap;text-align:left"'
  const rows = facts.map(({ label, text }) => `<tr><th ${cell}>${escaped(label)}</th><td ${cell}>${escaped(text)}</td></tr>`)
  return rows.length === 0 ? '' : `<table style="border-collapse:collapse">${rows.join('')}</table>`
}

function paragraphs(texts: readonly string[]): string {
  return texts
    .filter((text) => text.trim() !== '')
    .map((text) => `<p style="white-space:pre-wrap">${escaped(text)}</p>`)
    .join('')
}

function page(content: string): string {
  return `<!doctype html><html><head><meta charset="utf-8"></head><body style="font-family:sans-serif">${content}</body></html>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
}
