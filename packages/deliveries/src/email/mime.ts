import type { SendMailOptions } from 'nodemailer'
import type * as nodemailerModule from 'nodemailer'

import type { EmailConfig } from './config.ts'
import type { Email } from './message.ts'

export type Nodemailer = typeof nodemailerModule

/** The program that carries mail is not installed; `message` says how it would be. */
export class NotInstalled extends Error {
  constructor(cause: unknown) {
    super('The package nodemailer is not installed beside @engine/deliveries; add it: npm install nodemailer', { cause })
    this.name = 'NotInstalled'
  }
}

/** Loaded when the first mail needs it. @throws NotInstalled */
export async function loadNodemailer(): Promise<Nodemailer> {
  try {
    return await import('nodemailer')
  } catch (cause) {
    throw new NotInstalled(cause)
  }
}

type Addresses = Pick<EmailConfig, 'from' | 'fromName' | 'to' | 'cc' | 'bcc' | 'replyTo'>

/** A mail as nodemailer wants it; it reads no files and asks nobody for parts of it. */
export function mimeOptions(email: Email, { from, fromName, to, cc, bcc, replyTo }: Addresses): SendMailOptions {
  return {
    from: { name: fromName ?? '', address: from },
    to,
    cc,
    bcc,
    ...(replyTo !== undefined && { replyTo }),
    subject: email.subject,
    text: email.text,
    html: email.html,
    messageId: email.messageId,
    headers: email.headers,
    attachments: email.attachments.map(({ name, contentType, bytes }) => ({ filename: name, contentType, content: bytes })),
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** A mail as bytes, its lines ended as RFC 5322 has it. */
export async function mimeOf(email: Email, addresses: Addresses): Promise<Buffer> {
  const { createTransport } = await loadNodemailer()
  const { message } = await createTransport({ streamTransport: true, buffer: true, newline: 'windows' }).sendMail(
    mimeOptions(email, addresses),
  )
  // With `buffer` it is one.
  return message as Buffer
}
