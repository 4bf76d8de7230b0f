import { connect, type Socket } from 'node:net'
import { getCACertificates } from 'node:tls'

import type { AdapterTestReport, DeliveryResult, Redactor } from '@engine/core/plugin'
import { OutboundError, type Outbound } from '@engine/outbound'
import type { Transporter } from 'nodemailer'

import { resultOfError, stopped } from '../remote/send.ts'
import type { EmailConfigOf } from './config.ts'
import type { Email } from './message.ts'
import { loadNodemailer, mimeOptions, NotInstalled } from './mime.ts'

type SmtpConfig = EmailConfigOf<'smtp'>

export interface Smtp {
  readonly outbound: Outbound
  /** Authorities that are trusted besides those of the system, as PEM. */
  readonly certificates: readonly string[]
}

interface Given {
  readonly config: SmtpConfig
  readonly signal: AbortSignal
}

export async function sendBySmtp(smtp: Smtp, email: Email, given: Given & { redactor: Redactor }): Promise<DeliveryResult> {
  const { config, signal, redactor } = given
  try {
    return await withTransporter(smtp, given, async (transporter) => {
      const { response, rejectedErrors = [] } = await transporter.sendMail(mimeOptions(email, config))
      if (rejectedErrors.length > 0) return refusedForSome(rejectedErrors, redactor)
      return { kind: 'delivered', response: redactor.redact(response ?? '').slice(0, 2_048), reference: email.messageId }
    })
  } catch (error) {
    if (signal.aborted) return stopped
    return error instanceof OutboundError ? resultOfError(error) : failureOf(error, redactor)
  }
}

/** Signs in and leaves again. */
export async function trySmtp(smtp: Smtp, given: Given): Promise<AdapterTestReport> {
  const { host, username } = given.config
  try {
    await withTransporter(smtp, given, (transporter) => transporter.verify())
    const how = username === undefined ? 'without a name' : 'by name and password'
    return { checks: [{ name: 'sign-in', status: 'passed', message: `${host} lets this server in, ${how}.` }] }
  } catch (error) {
    if (given.signal.aborted) return { checks: [{ name: 'sign-in', status: 'failed', message: 'It was stopped.' }] }
    const message = error instanceof OutboundError ? error.message : `${host}: ${reasonOf(error)}`
    return { checks: [{ name: 'sign-in', status: 'failed', message }] }
  }
}

/** One connection, to an address that was checked, which ends with the work or with the signal. */
async function withTransporter<Result>(
  { outbound, certificates }: Smtp,
  { config, signal }: Given,
  work: (transporter: Transporter) => Promise<Result>,
): Promise<Result> {
  const { host, port, security, username, password } = config
  const { createTransport } = await loadNodemailer()
  // Where http: may be asked, unencrypted mail may go too.
  if (security === 'none') await outbound.check(`http://${host.includes(':') ? `[${host}]` : host}:${port}/`)
  const [address] = await outbound.addresses(host, port)
  const timeoutMs = config.timeoutSec * 1_000
  const ended = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  let socket: Socket | undefined
  const transporter = createTransport({
    host,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    ...(username !== undefined && { auth: { user: username, pass: password ?? '' } }),
    // What is named here takes the place of those of the system.
    ...(certificates.length > 0 && { tls: { ca: [...getCACertificates(), ...certificates] } }),
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    getSocket: (_, give) => {
      const connecting = connect({ host: address?.address ?? '', port, signal: ended })
      socket = connecting
      connecting.on('error', (error) => give(error, undefined))
      connecting.once('connect', () => give(null, { connection: connecting }))
    },
  })
  try {
    return await work(transporter)
  } finally {
    socket?.destroy()
    transporter.close()
  }
}

/** What an error of nodemailer says besides its message. */
interface MailError extends Error {
  readonly code?: string
  readonly responseCode?: number
  readonly response?: string
}

/** Answers below 500 pass, the others stay; so does a server that can not do what the configuration asks for. */
function failureOf(error: unknown, redactor: Redactor): DeliveryResult {
  const { code, responseCode, response } = error as MailError
  const reason = redactor.redact(reasonOf(error))
  const answer = {
    reason,
    ...(responseCode !== undefined && { status: responseCode }),
    ...(response !== undefined && { response: redactor.redact(response).slice(0, 2_048) }),
  }
  const isLasting =
    error instanceof NotInstalled || (responseCode === undefined ? code === 'ETLS' || code === 'NoAuth' : responseCode >= 500)
  return { kind: isLasting ? 'parked' : 'retry', ...answer }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotInstalled) return error.message
  const { code = 'error', responseCode } = error as MailError
  if (code === 'EAUTH') return `The mail server does not take this name and password (${responseCode ?? code}).`
  return responseCode === undefined
    ? `The mail server could not be reached or did not answer (${code}).`
    : `The mail server answered ${responseCode}.`
}

/** Others have it already. Who may take it later is worth that they get it twice, under the same id. */
function refusedForSome(errors: readonly Error[], redactor: Redactor): DeliveryResult {
  const failures = errors.map((error) => failureOf(error, redactor))
  const [first] = failures.toSorted((left) => (left.kind === 'retry' ? -1 : 1))
  const reason = `${errors.length} of the recipients were refused; the others have it. ${first && 'reason' in first ? first.reason : ''}`
  return { ...first, kind: first?.kind === 'retry' ? 'retry' : 'parked', reason }
}
