import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

import type { JsonObject } from '@engine/core'
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { startFauxqs } from 'fauxqs'
import PostalMime from 'postal-mime'
import { SMTPServer } from 'smtp-server'
import { Webhook } from 'standardwebhooks'

/** Somebody to whom the report is sent, and how they read it: with libraries that are not Engine's. */
export interface Receiver {
  /** What a route is told of it. */
  readonly config: JsonObject
  /** What has arrived, as one line each. */
  read(): Promise<string[]>
  close(): Promise<unknown>
}

const loopback = '127.0.0.1'

/** A server that lets in only what is signed with the key that both sides have. */
export async function openHook(key: string): Promise<Receiver> {
  const lines: string[] = []
  const webhook = new Webhook(key)
  async function take(request: IncomingMessage): Promise<number> {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const body = (await buffer(request)).toString()
    try {
      // What is not signed makes `verify` throw.
      const { type, data } = webhook.verify(body, headers) as { type: string; data: { deliverable?: { title: string } } }
      if (data.deliverable) lines.push(`${type}: ${data.deliverable.title}`)
      return 200
    } catch {
      return 401
    }
  }
  const server = createServer((request, response) => void take(request).then((status) => response.writeHead(status).end()))
  server.listen(0, loopback)
  await once(server, 'listening')
  return {
    config: { url: `http://${loopback}:${portOf(server.address())}/engine`, secrets: [{ secret: 'HOOK_KEY' }] },
    read: async () => lines,
    close: async () => server.close(),
  }
}

/** A server of mail that wants a name and a password. */
export async function openMailbox(username: string, password: string): Promise<Receiver> {
  const mails: Buffer[] = []
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: (auth, _, next) =>
      auth.username === username && auth.password === password ? next(null, { user: username }) : next(new Error('Who are you?')),
    onData: (stream, _, next) =>
      void buffer(stream).then((mail) => {
        mails.push(mail)
        next()
      }, next),
  })
  server.listen(0, loopback)
  await once(server.server, 'listening')
  const port = portOf(server.server.address())
  return {
    config: {
      provider: 'smtp',
      host: loopback,
      port,
      security: 'none',
      username,
      password: { secret: 'MAIL_PASSWORD' },
      from: 'engine@example.com',
      to: ['ann@example.com'],
      subject: 'Approved: {{event.data.deliverable.title}}',
    },
    async read() {
      const read = await Promise.all(mails.map((mail) => PostalMime.parse(new Uint8Array(mail))))
      return read.map(({ subject, to, text }) => `${to?.[0]?.address} has "${subject}" with ${text?.length ?? 0} letters`)
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

/** A bucket, read by the client of AWS. */
export async function openBucket(keys: { accessKeyId: string; secretAccessKey: string }): Promise<Receiver> {
  const server = await startFauxqs({ port: 0, logger: false })
  const endpoint = `http://${loopback}:${server.port}`
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials: keys, forcePathStyle: true })
  const bucket = 'reports'
  await client.send(new CreateBucketCommand({ Bucket: bucket }))
  const credentials = { accessKeyId: { secret: 'BUCKET_ID' }, secretAccessKey: { secret: 'BUCKET_KEY' } }
  return {
    config: { provider: 's3', bucket, region: 'us-east-1', endpoint, path: '{{event.data.task.identifier}}', ...credentials },
    async read() {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
      return Promise.all(
        Contents.map(async ({ Key = '' }) => {
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }))
          return `${Key}: ${(await Body?.transformToString())?.split('\n')[0]}`
        }),
      )
    },
    async close() {
      client.destroy()
      await server.stop()
    },
  }
}

/** A server that listens on a port has one. */
function portOf(address: AddressInfo | string | null): number {
  return (address as AddressInfo).port
}
