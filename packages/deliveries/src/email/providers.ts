import { signedForAws } from '../remote/aws.ts'
import type { EmailConfigOf, HttpEmailConfig } from './config.ts'
import type { Email } from './message.ts'
import { mimeOf } from './mime.ts'

/** A mail, or a question, as one request of its carrier. */
export interface CarrierRequest {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Where the answer says how the carrier calls the mail: a header, or a path in its JSON. */
  readonly reference?: { readonly header: string } | { readonly path: readonly (string | number)[] }
  /** Where an answer of 200 says that it was refused all the same, and how. */
  readonly refusal?: { readonly path: readonly (string | number)[]; readonly value: string }
}

/** Nothing is sent: the carrier looks at a sample, or only at who asks. */
type Wish = 'send' | 'test'

/** @returns null when the credentials can not be sent */
export async function requestOf(config: HttpEmailConfig, email: Email, wish: Wish): Promise<CarrierRequest | null> {
  switch (config.provider) {
    case 'sendgrid':
      return sendgrid(config, email, wish)
    case 'mailjet':
      return mailjet(config, email, wish)
    case 'postmark':
      return postmark(config, email, wish)
    case 'ses':
      return ses(config, email, wish)
  }
}

const json = { 'content-type': 'application/json' }

function at(endpoint: string, path: string): string {
  return endpoint.replace(/\/+$/, '') + path
}

function sendgrid(config: EmailConfigOf<'sendgrid'>, email: Email, wish: Wish): CarrierRequest {
  const people = (addresses: readonly string[]) => addresses.map((address) => ({ email: address }))
  const { to, cc, bcc, from, fromName, replyTo } = config
  const message = {
    personalizations: [{ to: people(to), ...(cc.length > 0 && { cc: people(cc) }), ...(bcc.length > 0 && { bcc: people(bcc) }) }],
    from: { email: from, ...(fromName && { name: fromName }) },
    ...(replyTo && { reply_to: { email: replyTo } }),
    subject: email.subject,
    content: [
      { type: 'text/plain', value: email.text },
      { type: 'text/html', value: email.html },
    ],
    headers: { ...email.headers, 'Message-ID': email.messageId },
    ...(email.attachments.length > 0 && {
      attachments: email.attachments.map(({ name, contentType, bytes }) => ({
        filename: name,
        // Parameters are refused.
        type: contentType.split(';')[0]?.trim(),
        content: bytes.toString('base64'),
      })),
    }),
    ...(wish === 'test' && { mail_settings: { sandbox_mode: { enable: true } } }),
  }
  return {
    url: at(config.endpoint, '/v3/mail/send'),
    method: 'POST',
    headers: { ...json, authorization: `Bearer ${config.apiKey}` },
    body: JSON.stringify(message),
    reference: { header: 'x-message-id' },
  }
}

function mailjet(config: EmailConfigOf<'mailjet'>, email: Email, wish: Wish): CarrierRequest {
  const people = (addresses: readonly string[]) => addresses.map((address) => ({ Email: address }))
  const { to, cc, bcc, from, fromName, replyTo } = config
  const message = {
    From: { Email: from, ...(fromName && { Name: fromName }) },
    To: people(to),
    ...(cc.length > 0 && { Cc: people(cc) }),
    ...(bcc.length > 0 && { Bcc: people(bcc) }),
    ...(replyTo && { ReplyTo: { Email: replyTo } }),
    Subject: email.subject,
    TextPart: email.text,
    HTMLPart: email.html,
    // Mailjet gives out Message-ID itself.
    CustomID: email.headers['X-Engine-Delivery'],
    Headers: email.headers,
    Attachments: email.attachments.map(({ name, contentType, bytes }) => ({
      Filename: name,
      ContentType: contentType,
      Base64Content: bytes.toString('base64'),
    })),
  }
  return {
    url: at(config.endpoint, '/v3.1/send'),
    method: 'POST',
    headers: { ...json, authorization: `Basic ${Buffer.from(`${config.apiKey}:${config.secretKey}`).toString('base64')}` },
    body: JSON.stringify({ Messages: [message], SandboxMode: wish === 'test' }),
    // The number beside it is larger than numbers of JavaScript are exact.
    reference: { path: ['Messages', 0, 'To', 0, 'MessageUUID'] },
    refusal: { path: ['Messages', 0, 'Status'], value: 'error' },
  }
}

function postmark(config: EmailConfigOf<'postmark'>, email: Email, wish: Wish): CarrierRequest {
  const headers = { ...json, accept: 'application/json', 'x-postmark-server-token': config.serverToken }
  if (wish === 'test') return { url: at(config.endpoint, '/server'), method: 'GET', headers }
  const { to, cc, bcc, from, fromName, replyTo } = config
  // Without the last one Postmark gives out a Message-ID of its own.
  const added = { ...email.headers, 'Message-ID': email.messageId, 'X-PM-KeepID': 'true' }
  const message = {
    From: fromName ? `"${fromName.replaceAll(/["\\\r\n]/g, ' ')}" <${from}>` : from,
    To: to.join(','),
    ...(cc.length > 0 && { Cc: cc.join(',') }),
    ...(bcc.length > 0 && { Bcc: bcc.join(',') }),
    ...(replyTo && { ReplyTo: replyTo }),
    Subject: email.subject,
    TextBody: email.text,
    HtmlBody: email.html,
    MessageStream: config.messageStream,
    Headers: Object.entries(added).map(([Name, Value]) => ({ Name, Value })),
    Attachments: email.attachments.map(({ name, contentType, bytes }) => ({
      Name: name,
      ContentType: contentType,
      Content: bytes.toString('base64'),
    })),
  }
  return { url: at(config.endpoint, '/email'), method: 'POST', headers, body: JSON.stringify(message), reference: { path: ['MessageID'] } }
}

/** SES by its HTTP interface, version 2, with a raw mail: the SDK would be 20 MB for one request. */
async function ses(config: EmailConfigOf<'ses'>, email: Email, wish: Wish): Promise<CarrierRequest | null> {
  const { region, to, cc, bcc, from } = config
  const endpoint = config.endpoint ?? `https://email.${region}.amazonaws.com`
  const message = async () => ({
    FromEmailAddress: from,
    Destination: { ToAddresses: to, CcAddresses: cc, BccAddresses: bcc },
    Content: { Raw: { Data: (await mimeOf(email, { ...config, bcc: [] })).toString('base64') } },
  })
  const body = wish === 'send' ? JSON.stringify(await message()) : undefined
  const method = wish === 'send' ? 'POST' : 'GET'
  const url = at(endpoint, wish === 'send' ? '/v2/email/outbound-emails' : '/v2/email/account')
  const request = { method, url, headers: json, ...(body !== undefined && { body }), service: 'ses' } as const
  const signed = await signedForAws(request, config)
  return signed && { ...signed, method, ...(body !== undefined && { body }), reference: { path: ['MessageId'] } }
}
