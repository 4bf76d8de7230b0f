import type { DeliveryRequest, JsonObject } from '@engine/core/plugin'

import { factsOf, fit, headlineOf, type Fact } from '../remote/words.ts'
import { divided, escaped } from './text.ts'

/**
 * What Slack takes: characters of a header, of a text, of a field and of what notifications show; how many fields a section has. All
 * texts of a message together it takes up to about 10,000 characters, which it says nowhere; a longer one it refuses as a whole.
 */
const limits = { header: 150, text: 3_000, field: 2_000, fallback: 3_000, fields: 10, all: 9_000, ofFields: 4_000 } as const
/** A text of this length is read better with the whole width. */
const longField = 120
const mostSections = 10

export interface SlackMessage extends JsonObject {
  /** What notifications show, and clients that know no blocks. */
  readonly text: string
}

type Told = Pick<DeliveryRequest<unknown>, 'deliveryId' | 'event' | 'body' | 'files'>

/** No preview is made of what an address leads to. */
const quiet = { unfurl_links: false, unfurl_media: false } as const

/**
 * A delivery as a message of Block Kit; `plain` is one text. What agents and people wrote begins no link and calls nobody: `&`, `<` and
 * `>` are written as Slack wants them, and nothing else in it is looked for. Pure.
 */
export function messageOf(told: Told, style: 'blocks' | 'plain'): SlackMessage {
  const headline = headlineOf(told.event)
  const parts = partsOf(told)
  const template = told.body.kind === 'text' && told.body.text.trim() !== '' ? told.body.text : null
  if (style === 'plain') {
    const lines = template === null ? [headline, ...parts.facts.map(({ label, text }) => `${label}: ${text}`)] : [template]
    return { text: escaped(lines.join('\n'), limits.fallback), ...quiet }
  }
  const header = fit(headline, limits.header)
  const context = escaped(contextOf(told), limits.field)
  const fields = fieldsOf(parts.facts)
  const room = limits.all - header.length - context.length - fields.flat().reduce((sum, text) => sum + text.length, 0)
  return {
    text: escaped(template ?? headline, limits.fallback),
    ...quiet,
    blocks: [
      // Slack wants the ids of blocks to be of one message: this one says which delivery it was.
      { type: 'header', block_id: told.deliveryId, text: { type: 'plain_text', text: header, emoji: false } },
      ...textsOf(parts.texts, room).map((text) => ({ type: 'section', text: marked(text) })),
      ...fields.map((texts) => ({ type: 'section', fields: texts.map(marked) })),
      { type: 'context', elements: [marked(context)] },
    ],
  }
}

/** Names of channels and addresses in it stay what they are. */
function marked(text: string): JsonObject {
  return { type: 'mrkdwn', text, verbatim: true }
}

function partsOf({ body }: Told): { texts: string[]; facts: Fact[] } {
  if (body.kind === 'text') return { texts: [body.text], facts: [] }
  const facts = factsOf(body.value)
  const isLong = ({ text }: Fact) => text.length > longField || text.includes('\n')
  const texts = facts.filter(isLong).map(({ label, text }) => `*${label}*\n${text}`)
  return { texts: texts.slice(0, mostSections), facts: facts.filter((fact) => !isLong(fact)) }
}

/** As many sections as each needs; where there is no room for all, none takes so much that another one has nothing. */
function textsOf(texts: readonly string[], room: number): string[] {
  let left = room
  return texts.flatMap((text, index) => {
    const pieces = divided(text, { of: limits.text, together: Math.floor(left / (texts.length - index)) })
    left -= pieces.reduce((sum, piece) => sum + piece.length, 0)
    return pieces
  })
}

/** The texts of each section. */
function fieldsOf(facts: readonly Fact[]): string[][] {
  let room: number = limits.ofFields
  const texts = facts
    .map(({ label, text }) => escaped(`*${label}*\n${text}`, limits.field))
    .filter((text) => {
      room -= text.length
      return room >= 0
    })
  return Array.from({ length: Math.ceil(texts.length / limits.fields) }, (_, index) =>
    texts.slice(index * limits.fields, (index + 1) * limits.fields),
  )
}

function contextOf({ event, deliveryId, files }: Told): string {
  const attached = files.length > 0 ? ` · files: ${files.map(({ name }) => name).join(', ')}` : ''
  return `${event.type} · ${event.occurredAt} · ${deliveryId}${attached}`
}
