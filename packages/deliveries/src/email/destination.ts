import { randomUUID } from 'node:crypto'

import {
  createRedactor,
  DESTINATION_SPEC,
  type AdapterTestReport,
  type DeliveryRequest,
  type DeliveryResult,
  type Destination,
  type DestinationTest,
} from '@engine/core/plugin'
import { createOutbound, type OutboundOptions, type OutboundResponse } from '@engine/outbound'

import { unusableCredentials } from '../remote/aws.ts'
import { reportOf, send, stopped } from '../remote/send.ts'
import { MissingValue } from '../remote/template.ts'
import { eachOnce, EmailConfig, type HttpEmailConfig } from './config.ts'
import { emailOf, type Email, type Mailing } from './message.ts'
import { NotInstalled } from './mime.ts'
import { requestOf, type CarrierRequest } from './providers.ts'
import { sendBySmtp, trySmtp, type Smtp } from './smtp.ts'

export interface EmailOptions extends OutboundOptions {
  /** Authorities that mail servers are trusted by besides those of the system, as PEM; for operators with one of their own. */
  readonly certificates?: readonly string[]
}

/** Mail by a server (SMTP), or by SendGrid, Mailjet, Postmark or Amazon SES. Needs the package nodemailer for SMTP and SES. */
export function emailDestination({ certificates = [], ...options }: EmailOptions = {}): Destination<EmailConfig> {
  const smtp: Smtp = { outbound: createOutbound(options), certificates }
  return {
    spec: DESTINATION_SPEC,
    type: 'email',
    title: 'Mail',
    configSchema: EmailConfig,
    digests: true,
    secretFields: ['username', 'password', 'apiKey', 'secretKey', 'serverToken', 'accessKeyId', 'secretAccessKey', 'sessionToken'],
    alwaysSecret: ['password', 'apiKey', 'secretKey', 'serverToken', 'secretAccessKey', 'sessionToken'],
    deliver: (request) => mail(smtp, request),
    test: (request) => tryEmail(smtp, request),
  }
}

async function mail(smtp: Smtp, request: DeliveryRequest<EmailConfig>): Promise<DeliveryResult> {
  const { signal, redactor } = request
  const config = eachOnce(request.config)
  if (signal.aborted) return stopped
  try {
    const email = await emailOf(request)
    if (config.provider === 'smtp') return await sendBySmtp(smtp, email, { config, signal, redactor })
    return await carry(smtp, await requestOf(config, email, 'send'), { config, signal, redactor })
  } catch (error) {
    if (error instanceof MissingValue) return { kind: 'parked', reason: `subject: ${error.message}.` }
    if (error instanceof NotInstalled) return { kind: 'parked', reason: error.message }
    throw error
  }
}

type Carrying = Pick<DeliveryRequest<HttpEmailConfig>, 'config' | 'signal' | 'redactor'>

async function carry({ outbound }: Smtp, request: CarrierRequest | null, { config, signal, redactor }: Carrying): Promise<DeliveryResult> {
  if (request === null) return { kind: 'parked', reason: unusableCredentials }
  const { reference, refusal, ...sent } = request
  const timeoutMs = config.timeoutSec * 1_000
  return send(outbound, {
    ...sent,
    timeoutMs,
    signal,
    redactor,
    referenceOf: (response) => referenceIn(response, reference),
    isTaken: (response) => refusal === undefined || valueIn(response, refusal.path) !== refusal.value,
  })
}

function referenceIn(response: OutboundResponse, reference: CarrierRequest['reference']): string | undefined {
  if (reference === undefined) return undefined
  return 'header' in reference ? response.headers[reference.header] : valueIn(response, reference.path)
}

/** A text or a number in an answer in JSON; undefined for everything else, since it has the mail, whatever it says about it. */
function valueIn({ body }: OutboundResponse, path: readonly (string | number)[]): string | undefined {
  try {
    const value = path.reduce<unknown>((at, name) => Reflect.get(Object(at), name), JSON.parse(Buffer.from(body).toString()))
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
  } catch {
    return undefined
  }
}

/** Sends nothing: signs in, or lets the carrier look at a sample. */
async function tryEmail(smtp: Smtp, { config, signal }: DestinationTest<EmailConfig>): Promise<AdapterTestReport> {
  if (config.provider === 'smtp') return trySmtp(smtp, { config, signal })
  const redactor = createRedactor([])
  const request = await requestOf(config, await sample(config), 'test')
  const result = await carry(smtp, request, { config, signal, redactor })
  if (config.provider === 'ses' && isKnownBySes(result)) return { checks: [mayOnlySend] }
  return reportOf('credentials', result, `${config.provider} takes these credentials; nothing was sent.`)
}

/** A key that is good for sending alone may not ask about its account, which SES says only to whoever it knows. */
function isKnownBySes(result: DeliveryResult): boolean {
  return result.kind === 'parked' && result.status === 403 && /not authorized to perform:? .*ses:GetAccount/i.test(result.response ?? '')
}

const mayOnlySend = {
  name: 'credentials',
  status: 'warned',
  message:
    'ses knows this key, which may not ask about its account (ses:GetAccount), so it shows when mail is sent whether it may do that.',
} as const

function sample({ from }: Pick<EmailConfig, 'from'>): Promise<Email> {
  const mailing: Mailing = {
    config: { from, attachesFiles: false },
    deliveryId: randomUUID(),
    event: { id: randomUUID(), type: 'engine.test', companyId: '', occurredAt: new Date().toISOString(), data: {} },
    body: { kind: 'json', value: {} },
    files: [],
  }
  return emailOf(mailing)
}
