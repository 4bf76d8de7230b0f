import type { DeliveryRequest, JsonObject } from '@engine/core/plugin'

import { factsOf, fit, headlineOf, type Fact } from '../remote/words.ts'

/** What Slack takes: characters of a header, of a text, of a field and of what notifications show; how many fields a section has. */
const limits = { header: 150, text: 3_000, field: 2_000, fallback: 3_000, fields: 10 } as const
/** A text of this length is read better with the whole width. */
const longField = 120
const mostSections = 10

export interface SlackMessage extends JsonObject {
  /** What notifications show, and clients that know no blocks. */
  readonly text: string
}

type Told = Pick<DeliveryRequest<unknown>, 'deliveryId' | 'event' | 'body' | 'files'>

/**
 * A delivery as a message of Block Kit; `plain` is one text. What agents and people wrote begins no link and calls nobody: `&`, `<` and
 * `>` are written as Slack wants them. Pure.
 */
export function messageOf(told: Told, style: 'blocks' | 'plain'): SlackMessage {
  const headline = headlineOf(told.event)
  const parts = partsOf(told)
  const short = told.body.kind === 'text' ? told.body.text : headline
  if (style === 'plain') {
    const lines = told.body.kind === 'text' ? [told.body.text] : [headline, ...parts.facts.map(({ label, text }) => `${label}: ${text}`)]
    return { text: escaped(lines.join('\n'), limits.fallback) }
  }
  return {
    text: escaped(short, limits.fallback),
    blocks: [
      // Slack wants the ids of blocks to be of one message: this one says which delivery it was.
      { type: 'header', block_id: told.deliveryId, text: { type: 'plain_text', text: fit(headline, limits.header), emoji: false } },
      ...parts.texts.map((text) => ({ type: 'section', text: { type: 'mrkdwn', text: escaped(text, limits.text) } })),
      ...fieldsOf(parts.facts),
      { type: 'context', elements: [{ type: 'mrkdwn', text: escaped(contextOf(told), limits.field) }] },
    ],
  }
}

function partsOf({ body }: Told): { texts: string[]; facts: Fact[] } {
  if (body.kind === 'text') return { texts: [body.text], facts: [] }
  const facts = factsOf(body.value)
  const isLong = ({ text }: Fact) => text.length > longField || text.includes('\n')
  const texts = facts.filter(isLong).map(({ label, text }) => `*${label}*\n${text}`)
  return { texts: texts.slice(0, mostSections), facts: facts.filter((fact) => !isLong(fact)) }
}

function fieldsOf(facts: readonly Fact[]): JsonObject[] {
  const sections: JsonObject[] = []
  for (let from = 0; from < facts.length && sections.length < mostSections; from += limits.fields) {
    const fields = facts.slice(from, from + limits.fields)
    sections.push({
      type: 'section',
      fields: fields.map(({ label, text }) => ({ type: 'mrkdwn', text: escaped(`*${label}*\n${text}`, limits.field) })),
    })
  }
  return sections
}

function contextOf({ event, deliveryId, files }: Told): string {
  const attached = files.length > 0 ? ` · files: ${files.map(({ name }) => name).join(', ')}` : ''
  return `${event.type} · ${event.occurredAt} · ${deliveryId}${attached}`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** At most so many characters as they are sent, and never half an entity. Pure. */
export function escaped(text: string, length: number): string {
  const full = text.replaceAll(/[&<>]/g, (character) => entities[character] ?? character)
  return full.length <= length ? full : fit(full, length).replace(/&[a-z]{0,3}…$/, '…')
}
