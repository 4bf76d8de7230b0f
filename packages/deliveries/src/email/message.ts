import type { DeliveryRequest } from '@engine/core/plugin'

import { fillText } from '../remote/template.ts'
import { fit, headlineOf, oneLine } from '../remote/words.ts'
import type { EmailConfig } from './config.ts'
import { contentOf, digestOf, type Content } from './content.ts'

const mostAttachedBytes = 7 * 1_048_576
const longestSubject = 250

interface Attachment {
  readonly name: string
  readonly contentType: string
  readonly bytes: Buffer
}

/** A mail before it is written as its carrier wants it. */
export interface Email extends Content {
  readonly subject: string
  /** The same in every try. */
  readonly messageId: string
  readonly headers: Readonly<Record<string, string>>
  readonly attachments: readonly Attachment[]
}

export type Mailing = Pick<DeliveryRequest<EmailConfig>, 'deliveryId' | 'event' | 'body' | 'files' | 'digest'> & {
  readonly config: Pick<EmailConfig, 'from' | 'subject' | 'attachesFiles'>
}

/** @throws MissingValue for a subject that names what is not there */
export async function emailOf(mailing: Mailing): Promise<Email> {
  const { config, deliveryId, event, body, digest } = mailing
  const headline = digest === undefined ? headlineOf(event) : digestHeadline(digest)
  const subject = config.subject === undefined ? headline : fillText(config.subject, mailing, oneLine)
  const { attached, left } = digest === undefined ? chosen(mailing) : { attached: [], left: [] }
  return {
    subject: fit(oneLine(subject) || headline, longestSubject),
    messageId: `<${deliveryId}@${config.from.slice(config.from.lastIndexOf('@') + 1)}>`,
    // Nobody's automatic answer is wanted.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Engine-Delivery': deliveryId, 'X-Engine-Event': oneLine(event.type) },
    ...(digest === undefined
      ? contentOf({ headline, event, body, left: namesOf(left) })
      : digestOf(
          headline,
          digest.map(({ files, ...told }) => ({ ...told, headline: headlineOf(told.event), left: namesOf(files) })),
        )),
    attachments: await Promise.all(attached.map(read)),
  }
}

/** Files as long as there is room, in their order; an empty one is refused by carriers. Pure. */
function chosen({ files, config }: Mailing): { attached: Mailing['files']; left: Mailing['files'] } {
  const attached: Mailing['files'][number][] = []
  let room = config.attachesFiles ? mostAttachedBytes : -1
  for (const file of files) {
    if (file.size > room || file.size === 0) continue
    room -= file.size
    attached.push(file)
  }
  return { attached, left: files.filter((file) => !attached.includes(file)) }
}

async function read({ name, contentType, open }: Mailing['files'][number]): Promise<Attachment> {
  const chunks: Uint8Array[] = []
  for await (const chunk of open()) chunks.push(chunk)
  return { name: oneLine(name).replaceAll(/[/\\"]/g, '_') || 'file', contentType: oneLine(contentType), bytes: Buffer.concat(chunks) }
}

function namesOf(files: Mailing['files']): string[] {
  return files.map(({ name }) => oneLine(name))
}

/** Of one thing what happened, of several how many. Pure. */
function digestHeadline(digest: NonNullable<Mailing['digest']>): string {
  const [first] = digest
  return first && digest.length === 1 ? headlineOf(first.event) : `${digest.length} things happened`
}
