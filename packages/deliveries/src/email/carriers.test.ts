import { createRedactor, silentLogger, type JsonObject } from '@engine/core/plugin'
import { testDestination } from '@engine/testing/destinations'
import PostalMime from 'postal-mime'
import { expect, onTestFinished, test } from 'vitest'

import { isSignedForAws } from '../remote/aws-fixtures.ts'
import { openHttpReceiver, type Exchange } from '../remote/fixtures.ts'
import { EmailConfig, emailDestination } from './index.ts'
import { textIn } from './fixtures.ts'

const key = 'canary-key-4711'
const other = 'canary-other-4711'
const addresses = { from: 'engine@sender.example', fromName: 'Engine', to: ['ann@receiver.example'], cc: ['bob@receiver.example'] }

/** How a carrier writes what it is sent, as its own documentation has it. */
interface Carrier {
  readonly config: JsonObject
  readonly wrong: JsonObject
  isRight(exchange: Exchange): boolean | Promise<boolean>
  readonly path: string
  /** Of a message that it takes; undefined for one that it only looks at. */
  read(message: Message): { id: string; texts: readonly string[]; files: readonly string[] } | undefined
  answer(): { status: number; body?: string; headers?: Record<string, string> }
}

type Message = unknown

/** The wire is not ours, so each member is looked for where it is used. */
function at(value: Message, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, name) => Reflect.get(Object(inner), name), value)
}

function texts(value: Message, ...paths: readonly (readonly (string | number)[])[]): string[] {
  return paths.map((path) => String(at(value, ...path)))
}

/** Files, of which each member is called otherwise by each carrier. */
function files(list: unknown, name: string): string[] {
  return Array.isArray(list) ? list.map((item) => Buffer.from(String(at(item, name)), 'base64').toString()) : []
}

const carriers: Record<string, Carrier> = {
  sendgrid: {
    config: { apiKey: key },
    wrong: { apiKey: 'SG.wrong' },
    isRight: ({ headers }) => headers['authorization'] === `Bearer ${key}`,
    path: '/v3/mail/send',
    read: (message) =>
      at(message, 'mail_settings', 'sandbox_mode', 'enable') === true
        ? undefined
        : {
            id: String(at(message, 'headers', 'Message-ID')),
            texts: texts(message, ['subject'], ['content', 0, 'value'], ['content', 1, 'value'], ['personalizations', 0, 'to', 0, 'email']),
            files: files(at(message, 'attachments'), 'content'),
          },
    answer: () => ({ status: 202, headers: { 'x-message-id': 'sg-1' } }),
  },
  mailjet: {
    config: { apiKey: key, secretKey: other },
    wrong: { apiKey: key, secretKey: 'wrong' },
    isRight: ({ headers }) => headers['authorization'] === `Basic ${Buffer.from(`${key}:${other}`).toString('base64')}`,
    path: '/v3.1/send',
    read(sent) {
      const message = at(sent, 'Messages', 0)
      return at(sent, 'SandboxMode') === true
        ? undefined
        : {
            id: String(at(message, 'CustomID')),
            texts: texts(message, ['Subject'], ['TextPart'], ['HTMLPart'], ['To', 0, 'Email']),
            files: files(at(message, 'Attachments'), 'Base64Content'),
          }
    },
    answer: () => ({ status: 200, body: JSON.stringify({ Messages: [{ Status: 'success', To: [{ MessageUUID: 'mj-1' }] }] }) }),
  },
  postmark: {
    config: { serverToken: key },
    wrong: { serverToken: 'wrong' },
    isRight: ({ headers }) => headers['x-postmark-server-token'] === key,
    path: '/email',
    read: (message) => ({
      id: String(
        at(
          [at(message, 'Headers')].flat().find((header) => at(header, 'Name') === 'Message-ID'),
          'Value',
        ),
      ),
      texts: texts(message, ['Subject'], ['TextBody'], ['HtmlBody'], ['To']),
      files: files(at(message, 'Attachments'), 'Content'),
    }),
    answer: () => ({ status: 200, body: JSON.stringify({ ErrorCode: 0, MessageID: 'pm-1' }) }),
  },
}

for (const [provider, carrier] of Object.entries(carriers)) {
  const read = ({ body }: Exchange) => carrier.read(JSON.parse(body.toString() || '{}'))
  testDestination({
    name: `mail by ${provider}`,
    create: () => emailDestination({ allow: ['127.0.0.1'] }),
    leastConfig: { provider, ...carrier.config, ...addresses },
    async receiver() {
      const receiver = await openHttpReceiver({
        isRight: (exchange) => carrier.isRight(exchange),
        isDelivery: (exchange) => exchange.method === 'POST' && exchange.path === carrier.path && read(exchange) !== undefined,
        idOf: (exchange) => read(exchange)?.id ?? '',
        textOf: (exchange) => [...(read(exchange)?.texts ?? []), ...(read(exchange)?.files ?? [])].join('\n'),
        take: () => carrier.answer(),
      })
      const config = { provider, endpoint: receiver.origin, ...carrier.config, ...addresses }
      return { ...receiver, config, wrongConfig: { ...config, ...carrier.wrong } }
    },
    secrets: [key, other],
    takesFiles: true,
  })
}

const credentials = { accessKeyId: key, secretAccessKey: other }

testDestination({
  name: 'mail by ses',
  create: () => emailDestination({ allow: ['127.0.0.1'] }),
  leastConfig: { provider: 'ses', region: 'us-east-1', ...credentials, ...addresses },
  async receiver() {
    const receiver = await openHttpReceiver({
      isRight: (exchange) => isSignedForAws(exchange, { service: 'ses', ...credentials }),
      isDelivery: ({ method, path }) => method === 'POST' && path === '/v2/email/outbound-emails',
      idOf: () => '',
      take: () => ({ status: 200, body: JSON.stringify({ MessageId: 'ses-1' }) }),
    })
    const received = async () => {
      const mails = await Promise.all(
        receiver.taken.map(({ body }) =>
          PostalMime.parse(Buffer.from(String(at(JSON.parse(body.toString()), 'Content', 'Raw', 'Data')), 'base64')),
        ),
      )
      return mails.map((parsed) => ({ id: parsed.messageId ?? '', text: textIn(parsed) }))
    }
    const config = { provider: 'ses', region: 'us-east-1', endpoint: receiver.origin, ...credentials, ...addresses }
    return { ...receiver, received, config, wrongConfig: { ...config, secretAccessKey: 'another' } }
  },
  secrets: [key, other],
  takesFiles: true,
})

test.each([
  ['User: arn:aws:iam::1:user/x is not authorized to perform: ses:GetAccount on resource: *', 'warned'],
  ['The request signature we calculated does not match the signature you provided.', 'failed'],
])('a key of SES that is told "%s" has %s', async (message, status) => {
  const receiver = await openHttpReceiver({
    isRight: () => true,
    idOf: () => '',
    take: () => ({ status: 403, body: JSON.stringify({ message }) }),
  })
  onTestFinished(receiver.dispose)
  const config = EmailConfig.parse({ provider: 'ses', region: 'us-east-1', endpoint: receiver.origin, ...credentials, ...addresses })
  const { checks } = await emailDestination({ allow: ['127.0.0.1'] }).test({ config, signal: new AbortController().signal })
  expect(checks).toMatchObject([{ name: 'credentials', status }])
})

/** What a carrier of mail was sent, when it answers so. */
async function sent(config: JsonObject, answer: { status: number; body?: string } = { status: 200 }) {
  const receiver = await openHttpReceiver({ isRight: () => true, idOf: () => '', take: () => answer })
  onTestFinished(receiver.dispose)
  const file = {
    name: 'a.csv',
    contentType: 'text/csv; charset=utf-8',
    size: 3,
    open: async function* () {
      yield Buffer.from('a,b')
    },
  }
  const result = await emailDestination({ allow: ['127.0.0.1'] }).deliver({
    config: EmailConfig.parse({ endpoint: receiver.origin, ...addresses, ...config }),
    deliveryId: '019abc',
    attempt: 1,
    event: { id: 'event', type: 'task.completed', companyId: 'company', occurredAt: '2026-11-21T10:00:00.000Z', data: {} },
    body: { kind: 'json', value: {} },
    files: [file],
    signal: new AbortController().signal,
    logger: silentLogger,
    redactor: createRedactor([]),
  })
  return { result, message: JSON.parse(receiver.taken[0]?.body.toString() ?? '{}') as unknown }
}

test('SendGrid is named each address once, whatever its case, and no parameter of a type, both of which it refuses', async () => {
  const twice = { to: ['ann@receiver.example', 'Ann@Receiver.example'], cc: ['bob@receiver.example', 'ann@receiver.example'] }
  const { message } = await sent({ provider: 'sendgrid', apiKey: key, ...twice, bcc: ['BOB@receiver.example', 'eve@receiver.example'] })
  expect(at(message, 'personalizations', 0)).toEqual({
    to: [{ email: 'ann@receiver.example' }],
    cc: [{ email: 'bob@receiver.example' }],
    bcc: [{ email: 'eve@receiver.example' }],
  })
  expect(at(message, 'attachments', 0)).toMatchObject({ filename: 'a.csv', type: 'text/csv' })
})

test('what Mailjet calls a mail is told as it says it, not the number beside it that loses its last digits', async () => {
  const body =
    '{"Messages":[{"Status":"success","To":[{"MessageUUID":"1ab23cd4-e567-8901-2345-6789f0gh1i2j","MessageID":576460753067090994}]}]}'
  const { result } = await sent({ provider: 'mailjet', apiKey: key, secretKey: other }, { status: 200, body })
  expect(result).toMatchObject({ kind: 'delivered', reference: '1ab23cd4-e567-8901-2345-6789f0gh1i2j' })
})

test('what SES is sent raw ends its lines as mail does, and names whoever gets a blind copy beside the mail only', async () => {
  const { message } = await sent({ provider: 'ses', region: 'us-east-1', ...credentials, bcc: ['eve@receiver.example'] })
  const raw = Buffer.from(String(at(message, 'Content', 'Raw', 'Data')), 'base64').toString()
  expect(raw).toContain('\r\n\r\n')
  expect(raw).not.toMatch(/(?<!\r)\n/)
  expect(raw).not.toContain('eve@')
  expect(at(message, 'Destination')).toEqual({
    ToAddresses: ['ann@receiver.example'],
    CcAddresses: ['bob@receiver.example'],
    BccAddresses: ['eve@receiver.example'],
  })
})

test('SES is named no more recipients than it takes', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => `person${index}@receiver.example`)
  const config = { provider: 'ses', region: 'us-east-1', ...credentials, ...addresses }
  expect(EmailConfig.safeParse({ ...config, to: many(49) }).success).toBe(true)
  const tooMany = EmailConfig.safeParse({ ...config, to: many(50) })
  expect(tooMany.error?.issues).toMatchObject([{ path: ['to'], message: expect.stringContaining('50 recipients') }])
})

test('a mail that Mailjet answers 200 for and refuses is parked', async () => {
  const refused = { status: 200, body: JSON.stringify({ Messages: [{ Status: 'error', Errors: [{ ErrorCode: 'send-0010' }] }] }) }
  const { result } = await sent({ provider: 'mailjet', apiKey: key, secretKey: other }, refused)
  expect(result).toMatchObject({ kind: 'parked', status: 200, response: expect.stringContaining('send-0010') })
})
