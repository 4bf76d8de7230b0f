import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export const login = { username: 'engine', password: 'canary-password-4711' }

/** How the server deals with what comes; see the kit of @engine/testing. */
type Answering = 'take' | 'busy' | 'refuse' | 'silent' | 'gone' | 'echo'

/** What a server of SMTP may say to a command. */
function refusal(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code })
}

/** A mail as it arrived, read by a library that is not ours. */
interface ReceivedMail {
  readonly raw: string
  readonly parsed: Email
  readonly recipients: readonly string[]
}

/** A server of SMTP on this machine, which wants a name and a password. `refusing` says what single recipients are told. */
export async function openSmtpServer(options: SMTPServerOptions = {}, refusing: Readonly<Record<string, number>> = {}) {
  let how: Answering = 'take'
  let asked = 0
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    onConnect: (_, next) => (how === 'silent' ? undefined : next()),
    onAuth({ username, password }, _, next) {
      if (how === 'echo') return next(refusal(535, `no such pair: ${username} ${password}`))
      if (username === login.username && password === login.password) return next(null, { user: username })
      return next(refusal(535, 'Authentication failed'))
    },
    onRcptTo({ address }, _, next) {
      const code = { busy: 451, refuse: 550 }[how as string] ?? refusing[address]
      return code === undefined ? next() : next(refusal(code, code < 500 ? 'Greylisted, come back later' : 'No such mailbox'))
    },
    onData: (stream, { envelope }, next) => void take(stream, envelope.rcptTo).then(() => next(), next),
    ...options,
  })
  async function take(stream: AsyncIterable<Buffer>, recipients: readonly { address: string }[]): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk)
    const raw = Buffer.concat(chunks)
    mails.push({ raw: raw.toString(), parsed: await PostalMime.parse(raw), recipients: recipients.map(({ address }) => address) })
  }
  // Clients that break off are no error of the server.
  server.on('error', () => undefined)
  server.server.on('connection', (socket) => {
    asked += 1
    if (how === 'gone') socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  // A server that listens on a port has one.
  const { port } = server.server.address() as AddressInfo
  return {
    port,
    mails: mails as readonly ReceivedMail[],
    answer: (next: Answering) => void (how = next),
    received: () => mails.map(({ parsed }) => ({ id: parsed.messageId ?? '', text: textIn(parsed) })),
    asked: () => asked,
    dispose: () => new Promise<void>((resolve) => server.close(resolve)),
  }
}

/** All that somebody who reads the mail sees, attachments too. */
export function textIn({ subject, text, html, attachments }: Email): string {
  const files = attachments.map(({ content }) => (typeof content === 'string' ? content : Buffer.from(new Uint8Array(content)).toString()))
  return [subject, text, html, ...files].join('\n')
}
