import { z } from 'zod'

import { address } from '../remote/address.ts'
import { templateFault } from '../remote/template.ts'
import { oneLine } from '../remote/words.ts'

const Address = z.email().max(320)
const Endpoint = address()
const Key = z.string().min(1).max(1_000)

const shared = {
  from: Address,
  fromName: z
    .string()
    .max(200)
    .refine((name) => oneLine(name) === name.trim(), 'one line')
    .optional(),
  to: z.array(Address).min(1).max(50),
  cc: z.array(Address).max(50).default([]),
  bcc: z.array(Address).max(50).default([]),
  replyTo: Address.optional(),
  subject: z
    .string()
    .min(1)
    .max(500)
    .superRefine((subject, context) => {
      const message = templateFault(subject)
      if (message !== null) context.addIssue({ code: 'custom', message })
    })
    .optional()
    .describe('With {{paths}} such as {{event.data.title}}; what happened, in words, without it.'),
  attachesFiles: z.boolean().default(true).describe('The files of a deliverable, 7 MiB together at most; the others are named.'),
  timeoutSec: z.number().min(1).max(120).default(30),
}

/** To whom mail goes, and who carries it. */
export const EmailConfig = z.discriminatedUnion('provider', [
  z.strictObject({
    provider: z.literal('smtp'),
    host: z.string().min(1).max(253),
    port: z.number().int().min(1).max(65_535).default(587),
    security: z
      .enum(['starttls', 'tls', 'none'])
      .default('starttls')
      .describe('`none` only to hosts that the operator of the server allows.'),
    username: z.string().min(1).max(500).optional(),
    password: Key.optional(),
    ...shared,
  }),
  z.strictObject({ provider: z.literal('sendgrid'), apiKey: Key, endpoint: Endpoint.default('https://api.sendgrid.com'), ...shared }),
  z.strictObject({
    provider: z.literal('mailjet'),
    apiKey: Key,
    secretKey: Key,
    endpoint: Endpoint.default('https://api.mailjet.com'),
    ...shared,
  }),
  z.strictObject({
    provider: z.literal('postmark'),
    serverToken: Key,
    messageStream: z.string().max(100).default('outbound'),
    endpoint: Endpoint.default('https://api.postmarkapp.com'),
    ...shared,
  }),
  z
    .strictObject({
      provider: z.literal('ses'),
      region: z.string().regex(/^[a-z0-9-]{1,50}$/),
      accessKeyId: Key,
      secretAccessKey: Key,
      sessionToken: z.string().min(1).max(4_096).optional(),
      endpoint: Endpoint.optional().describe('That of the region when left out.'),
      ...shared,
    })
    .refine(({ to, cc, bcc }) => to.length + cc.length + bcc.length <= 50, {
      path: ['to'],
      message: 'SES takes 50 recipients of one mail, those of cc and bcc included',
    }),
])
export type EmailConfig = z.infer<typeof EmailConfig>
export type EmailConfigOf<Provider extends EmailConfig['provider']> = Extract<EmailConfig, { provider: Provider }>
/** Each address once, where it stands first: who is named twice has one mail, and one carrier would refuse it as a whole. Pure. */
export function eachOnce<Config extends Pick<EmailConfig, 'to' | 'cc' | 'bcc'>>(config: Config): Config {
  const known = new Set<string>()
  const first = (address: string) => !known.has(address.toLowerCase()) && known.add(address.toLowerCase())
  return { ...config, to: config.to.filter(first), cc: config.cc.filter(first), bcc: config.bcc.filter(first) }
}

/** All that need one request. */
export type HttpEmailConfig = Exclude<EmailConfig, { provider: 'smtp' }>
