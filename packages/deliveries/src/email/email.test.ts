import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'

import { createRedactor, silentLogger, type DeliveredFile, type DeliveryRequest, type JsonObject } from '@engine/core/plugin'
import { testDestination } from '@engine/testing/destinations'
import { describe, expect, onTestFinished, test } from 'vitest'

import { login, openSmtpServer } from './fixtures.ts'
import { EmailConfig, emailDestination } from './index.ts'

const allow = ['127.0.0.1']
const addresses = { from: 'engine@sender.example', to: ['ann@receiver.example'] }

testDestination({
  name: 'mail by SMTP',
  create: () => emailDestination({ allow }),
  leastConfig: { provider: 'smtp', host: 'mail.example', ...addresses },
  async receiver() {
    const server = await openSmtpServer()
    const config = { provider: 'smtp', host: '127.0.0.1', port: server.port, security: 'none', ...login, ...addresses }
    return { ...server, config, wrongConfig: { ...config, password: 'another' } }
  },
  secrets: [login.password],
  takesFiles: true,
})

const event = {
  id: 'event',
  type: 'deliverable.approved',
  companyId: 'company',
  occurredAt: '2026-11-21T10:00:00.000Z',
  data: { title: 'Chairs & <b>tables</b>' } as JsonObject,
}

async function opened(...options: Parameters<typeof openSmtpServer>) {
  const server = await openSmtpServer(...options)
  onTestFinished(server.dispose)
  return server
}

type Given = Partial<DeliveryRequest<unknown>> & { certificates?: string[]; allowed?: readonly string[] }

function mail(config: JsonObject, { certificates = [], allowed = allow, ...wish }: Given = {}) {
  return emailDestination({ allow: allowed, certificates }).deliver({
    deliveryId: '019abc',
    attempt: 1,
    event,
    body: { kind: 'json', value: { title: 'Chairs', notes: 'Sand it.\n<Then> oil it.', task: { priority: 'high' } } },
    files: [],
    signal: new AbortController().signal,
    logger: silentLogger,
    redactor: createRedactor([]),
    ...wish,
    config: EmailConfig.parse({ provider: 'smtp', host: '127.0.0.1', security: 'none', ...login, ...addresses, ...config }),
  })
}

function file(name: string, bytes: Buffer, contentType = 'text/plain'): DeliveredFile {
  return {
    name,
    contentType,
    size: bytes.length,
    async *open() {
      yield bytes
    },
  }
}

describe('a mail', () => {
  test('says what happened as text and as HTML, to all that it is for, with an id that stays the same', async () => {
    const { port, mails } = await opened()
    const people = {
      fromName: 'Engine, "Inc"',
      cc: ['bob@receiver.example'],
      bcc: ['eve@receiver.example'],
      replyTo: 'desk@sender.example',
    }
    const result = await mail({ port, ...people })
    expect(result).toMatchObject({ kind: 'delivered', reference: '<019abc@sender.example>', response: expect.stringContaining('250') })
    const [received] = mails
    expect(received?.recipients).toEqual(['ann@receiver.example', 'bob@receiver.example', 'eve@receiver.example'])
    expect(received?.raw).not.toContain('eve@')
    const { parsed } = received ?? {}
    expect(parsed).toMatchObject({
      messageId: '<019abc@sender.example>',
      from: { name: 'Engine, "Inc"', address: 'engine@sender.example' },
      replyTo: [{ address: 'desk@sender.example' }],
      subject: 'Deliverable approved: Chairs & <b>tables</b>',
    })
    expect(parsed?.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }))
    expect(parsed?.text).toContain('title: Chairs\n\nnotes:\nSand it.\n<Then> oil it.\n\ntask.priority: high')
    expect(parsed?.html).toContain('Chairs &amp; &lt;b&gt;tables&lt;/b&gt;</h1>')
    expect(parsed?.html).toContain('&lt;Then&gt; oil it.')
  })

  test('of a template is its text, or its HTML with the text of it', async () => {
    const { port, mails } = await opened()
    await mail({ port }, { body: { kind: 'text', text: 'Dear <all>,\nit is done.', contentType: 'text/plain' } })
    const html = '<style>p{}</style><h1>Done &amp; dusted</h1><p>It is <b>done</b>.</p>'
    await mail({ port }, { body: { kind: 'text', text: html, contentType: 'text/html; charset=utf-8' } })
    expect(mails[0]?.parsed.text?.trim()).toBe('Dear <all>,\nit is done.')
    expect(mails[0]?.parsed.html).toContain('Dear &lt;all&gt;,')
    expect(mails[1]?.parsed.text?.trim()).toBe('Done & dusted\nIt is done.')
    expect(mails[1]?.parsed.html).toContain(html)
    // As routes escape what they put into a template.
    const escaped = '<p>&#60;b&#62; &#38;#60; &#34;x&#34; &#x1FA91; &apos;&nosuch; &#0; &#x110000;</p>'
    await mail({ port }, { body: { kind: 'text', text: escaped, contentType: 'text/html; charset=utf-8' } })
    expect(mails[2]?.parsed.text?.trim()).toBe(`<b> &#60; "x" 🪑 '&nosuch; &#0; &#x110000;`)
  })

  test('has a subject of its own, in which no value begins another header', async () => {
    const { port, mails } = await opened()
    const evil = 'Chairs\r\nBcc: thief@evil.example\r\n\r\nBody\u2028x'
    const told = { ...event, data: { title: evil }, type: 'a.b\r\nBcc: thief@evil.example' }
    await mail({ port, subject: 'News:\n{{event.data.title}} ({{deliveryId}})' }, { event: told })
    await mail({ port }, { event: told, files: [file('a\r\nb"c/d.txt', Buffer.from('x'), 'text/plain\r\nBcc: thief@evil.example')] })
    expect(mails.length).toBe(2)
    expect(mails[0]?.parsed.subject).toBe('News: Chairs Bcc: thief@evil.example Body x (019abc)')
    for (const { recipients, parsed, raw } of mails) {
      expect(recipients).toEqual(addresses.to)
      expect(parsed.bcc ?? []).toEqual([])
      expect(parsed.headers.map(({ key }) => key)).not.toContain('bcc')
      expect(raw.split('\r\n\r\n')[0]).not.toMatch(/^bcc:/im)
    }
    expect(mails[1]?.parsed.attachments[0]?.filename).toBe('a b_c_d.txt')
  })

  test('has names and words of any language, also where only ASCII may stand', async () => {
    const { port, mails } = await opened()
    const title = `Stühle 椅子 ${'ö'.repeat(400)}`
    const files = [file('Größen “椅子”.csv', Buffer.from('a;b'), 'text/csv; charset=utf-8')]
    await mail({ port, fromName: 'Jürgen 椅子' }, { event: { ...event, data: { title } }, files })
    const { raw = '', parsed } = mails[0] ?? {}
    expect(parsed?.from).toEqual({ name: 'Jürgen 椅子', address: 'engine@sender.example' })
    expect(parsed?.subject).toBe(`Deliverable approved: ${title}`.slice(0, 249) + '…')
    expect(parsed?.attachments[0]?.filename).toBe('Größen “椅子”.csv')
    const [headers = ''] = raw.split('\r\n\r\n')
    expect(headers).toMatch(/^[\t\r\n\x20-\x7e]*$/)
    expect(Math.max(...raw.split('\r\n').map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(998)
  })

  test('is from a name of one line', () => {
    const given = EmailConfig.safeParse({
      provider: 'smtp',
      host: 'mail.example',
      ...addresses,
      fromName: 'Engine\r\nBcc: thief@evil.example',
    })
    expect(given.error?.issues).toMatchObject([{ path: ['fromName'], message: 'one line' }])
  })

  test('of a template that comes to nothing says what happened', async () => {
    const { port, mails } = await opened()
    for (const contentType of ['text/plain', 'text/html']) await mail({ port }, { body: { kind: 'text', text: ' \n', contentType } })
    for (const { parsed } of mails) {
      expect(parsed.text?.trim()).toBe('Deliverable approved: Chairs & <b>tables</b>')
      expect(parsed.html).toContain('Chairs &amp; &lt;b&gt;tables&lt;/b&gt;')
    }
    expect(mails.length).toBe(2)
  })

  test('whose subject names what is not there is parked', async () => {
    const { port, asked } = await opened()
    const result = await mail({ port, subject: '{{event.data.nothing}}' })
    expect(result).toMatchObject({ kind: 'parked', reason: expect.stringContaining('{{event.data.nothing}}') })
    expect(asked()).toBe(0)
  })

  test.each(['{{#if event.data.title}}', '{{data.title}}', '{{ event.data.due date }}', '{{event}}', 'x {{'])(
    'has no subject %j, which names no place of a value',
    (subject) => {
      const given = EmailConfig.safeParse({ provider: 'smtp', host: 'mail.example', ...addresses, subject })
      expect(given.error?.issues).toMatchObject([{ path: ['subject'], message: expect.stringContaining('event.data') }])
    },
  )

  test('has a subject of any value that a template of its route could name', async () => {
    const { port, mails } = await opened()
    const told = { ...event, data: { task: { context: { 'due-date': 'Friday', $x: [1, { y: 'z' }] } } } }
    await mail({ port, subject: '{{event.data.task.context.due-date}} {{ event.data.task.context.$x.1.y }}' }, { event: told })
    expect(mails[0]?.parsed.subject).toBe('Friday z')
  })

  test('has the files that there is room for, and names the others', async () => {
    const { port, mails } = await opened()
    const large = Buffer.alloc(5 * 1_048_576, 'x')
    await mail(
      { port },
      {
        files: [
          file('a.bin', large, 'application/octet-stream'),
          file('b.bin', large),
          file('c.txt', Buffer.from('é')),
          file('empty.txt', Buffer.alloc(0)),
        ],
      },
    )
    const { parsed } = mails[0] ?? {}
    expect(parsed?.attachments.map(({ filename, mimeType }) => [filename, mimeType])).toEqual([
      ['a.bin', 'application/octet-stream'],
      ['c.txt', 'text/plain'],
    ])
    expect(parsed?.text).toContain('Files that are not attached: b.bin, empty.txt')
  })
})

describe('a mail server', () => {
  test('that refuses one of several recipients for now is asked again, and for good is reported', async () => {
    const to = ['ann@receiver.example', 'bob@receiver.example']
    const later = await opened({}, { 'bob@receiver.example': 451 })
    expect(await mail({ port: later.port, to })).toMatchObject({ kind: 'retry', status: 451 })
    const never = await opened({}, { 'bob@receiver.example': 550 })
    expect(await mail({ port: never.port, to })).toMatchObject({
      kind: 'parked',
      status: 550,
      reason: expect.stringContaining('the others have it'),
    })
  })

  test('that breaks off after the mail was sent may have it, so it is sent again under the same id', async () => {
    let hasMail = false
    const server = await opened({
      onData(stream) {
        stream.resume()
        stream.on('end', () => (hasMail = true))
      },
    })
    const stopping = new AbortController()
    const sending = mail({ port: server.port }, { signal: stopping.signal })
    await expect.poll(() => hasMail).toBe(true)
    stopping.abort()
    expect(await sending).toMatchObject({ kind: 'retry' })
  })

  test('that offers no encryption is told nothing, unless the operator allows that', async () => {
    const { port, mails } = await opened()
    expect(await mail({ port, security: 'starttls' })).toMatchObject({ kind: 'parked' })
    // A name that leads into an allowed network is not what the operator wrote; an address in it is.
    expect(await mail({ port, host: 'localhost' }, { allowed: ['127.0.0.0/8', '::1/128'] })).toMatchObject({ kind: 'parked' })
    expect(await mail({ port }, { allowed: [] })).toMatchObject({ kind: 'parked' })
    expect(mails).toEqual([])
    expect(await mail({ port }, { allowed: ['127.0.0.0/8'] })).toMatchObject({ kind: 'delivered' })
  })

  test('that is not there is asked again', async () => {
    expect(await mail({ port: 1 })).toMatchObject({ kind: 'retry' })
    expect(await mail({ host: 'nobody.invalid', port: 25 }, { allowed: ['nobody.invalid'] })).toMatchObject({ kind: 'retry' })
  })

  test('that does not answer in time is asked again', async () => {
    const { port, answer } = await opened()
    answer('silent')
    expect(await mail({ port, timeoutSec: 1 })).toMatchObject({ kind: 'retry' })
  })
})

describe.runIf(hasOpenssl())('an encrypted connection', () => {
  function certificate(): { key: string; cert: string } {
    const folder = mkdtempSync(join(tmpdir(), 'engine-email-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1', '-nodes']
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  }

  test.each(['starttls', 'tls'])('by %s needs a certificate that is trusted', async (security) => {
    const pair = certificate()
    const { port, mails } = await opened({ ...pair, secure: security === 'tls', disabledCommands: [], allowInsecureAuth: false })
    expect(await mail({ port, security })).toMatchObject({ kind: 'retry' })
    expect(mails).toEqual([])
    expect(await mail({ port, security }, { certificates: [pair.cert] })).toMatchObject({ kind: 'delivered' })
    expect(mails.length).toBe(1)
  })

  test('to a server that the system trusts needs none of the operator, whose own stand beside those', async () => {
    const before = getCACertificates()
    const [ofSystem, ofOperator] = [certificate(), certificate()]
    setDefaultCACertificates([...before, ofSystem.cert])
    onTestFinished(() => setDefaultCACertificates(before))
    const { port, mails } = await opened({ ...ofSystem, secure: true, disabledCommands: [], allowInsecureAuth: false })
    expect(await mail({ port, security: 'tls' }, { certificates: [ofOperator.cert] })).toMatchObject({ kind: 'delivered' })
    expect(mails.length).toBe(1)
  })
})

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('a mail of several things', () => {
  const entry = (title: string, wish: Partial<DeliveryRequest<unknown>> = {}) => ({
    event: { ...event, data: { title } as JsonObject },
    body: { kind: 'json', value: { title, notes: `About ${title}.` } } as const,
    files: [],
    ...wish,
  })

  test('tells each of them in its order, in text and in HTML, and names their files', async () => {
    const server = await opened()
    const files = [file('plan.txt', Buffer.from('a plan'))]
    const page = { kind: 'text', text: '<html><body><p>Oiled</p></body></html>', contentType: 'text/html' } as const
    const digest = [entry('Chairs'), entry('<b>Tables</b>', { files }), entry('Benches', { body: page })]
    expect(await mail({ port: server.port }, { digest })).toMatchObject({ kind: 'delivered' })
    const [received] = server.mails
    const { subject, text = '', html = '', attachments } = received?.parsed ?? {}
    expect(subject).toBe('3 things happened')
    expect([...text.matchAll(/About (Chairs|<b>Tables<\/b>)\.|plan\.txt|Oiled/g)].map(([found]) => found)).toEqual([
      'About Chairs.',
      'About <b>Tables</b>.',
      'plan.txt',
      'Oiled',
    ])
    expect(html).toContain('About &lt;b&gt;Tables&lt;/b&gt;.')
    expect(html.match(/<html\b/g)).toHaveLength(1)
    expect(html).toContain('<p>Oiled</p>')
    expect(attachments).toEqual([])
  })

  test('is like any other when there is but one', async () => {
    const server = await opened()
    await mail({ port: server.port }, { digest: [entry('Chairs')] })
    expect(server.mails[0]?.parsed).toMatchObject({ subject: 'Deliverable approved: Chairs' })
    expect(server.mails[0]?.parsed.text).toContain('About Chairs.')
  })
})
