import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { text } from 'node:stream/consumers'

import { strangerEnvironment } from './watch.mjs'

const patienceMs = 60_000

/** What each template shows once it is started. */
export const boots = {
  server: (folder, manager) =>
    withDev(folder, { manager, env: { PORT: '0' } }, async ({ printed }) => {
      const [, url] = await printed(/The board is on (http:\S+?)\/,/)
      await printed(/is done: Greet the team/)
      await printed(/A review waits for you: Answer a letter/)
      await expectHealthy(url)
      const board = await (await fetch(`${url}/`)).text()
      if (!board.includes('<script')) throw new Error(`There is no board at ${url}/:\n${board}`)
    }),

  embedded: async (folder, manager) => {
    const port = await freePort()
    await withDev(folder, { manager, env: { PORT: String(port) } }, async ({ printed }) => {
      await printed(/The shop is on/)
      await expectHealthy(`http://127.0.0.1:${port}/engine`)
      await ask(`http://127.0.0.1:${port}/orders`, { item: 'teapot' })
      await printed(/is done: Pack teapot/)
    })
  },

  'adapter-plugin': (folder, manager) =>
    withDev(folder, { manager, args: ['--port', '0'] }, async ({ printed }) => {
      const [, url] = await printed(/ready on (http:\S+)/)
      await expectHealthy(url)
      const { id } = await ask(`${url}/api/companies`, { name: 'Acme' })
      const ada = await ask(`${url}/api/companies/${id}/agents`, { name: 'Ada', role: 'greeter', adapterType: 'greeter' })
      await ask(`${url}/api/companies/${id}/tasks`, { title: 'Greet the team', assigneeAgentId: ada.id })
      await until(async () => (await ask(`${url}/api/companies/${id}/deliverables?status=pending`)).items.length === 1)
    }),

  'destination-plugin': (folder, manager) =>
    withDev(folder, { manager, args: ['--port', '0'] }, async ({ printed }) => {
      const [, url] = await printed(/ready on (http:\S+)/)
      await expectHealthy(url)
      const received = []
      const keep = async (request, response) => {
        received.push({ token: request.headers.authorization, body: await text(request) })
        response.end()
      }
      const inbox = createServer((request, response) => void keep(request, response))
      await once(inbox.listen(0, '127.0.0.1'), 'listening')
      const { id } = await ask(`${url}/api/companies`, { name: 'Acme' })
      await ask(`${url}/api/companies/${id}/secrets`, { name: 'INBOX_TOKEN', value: 'canary-4711' })
      const config = { url: `http://127.0.0.1:${inbox.address().port}/`, token: { secret: 'INBOX_TOKEN' } }
      await ask(`${url}/api/companies/${id}/routes`, { name: 'All', events: ['task.created'], destinationType: 'postbox', config })
      await ask(`${url}/api/companies/${id}/tasks`, { title: 'Tell the inbox' })
      await until(() => received.some(({ token, body }) => token === 'Bearer canary-4711' && body.includes('Tell the inbox')))
      inbox.close()
      inbox.closeAllConnections()
    }),
}

/** Runs `npm run dev`, or that of another one, as a person would, in a group of its own that ends with this. */
async function withDev(folder, { manager, env = {}, args = [] }, use) {
  // Only npm keeps what follows for itself unless it is told not to.
  const ours = manager.name === 'npm' && args.length > 0 ? ['--', ...args] : args
  const command = [...manager.before, 'run', 'dev', ...ours]
  const options = { cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...strangerEnvironment(), ...env } }
  const child = spawn(manager.file, command, options)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const closed = once(child, 'close')
  const printed = async (pattern) => {
    await until(
      () => pattern.test(said) || child.exitCode !== null,
      () => `${manager.name} run dev in ${folder} did not print ${pattern}:\n${said}`,
    )
    const match = pattern.exec(said)
    if (!match) throw new Error(`${manager.name} run dev in ${folder} ended before it printed ${pattern}:\n${said}`)
    return match
  }
  try {
    await use({ printed })
  } finally {
    if (child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await closed
  }
}

async function until(isTrue, why = () => 'It did not happen.') {
  const deadline = Date.now() + patienceMs
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(why())
    await setTimeout(50)
  }
}

async function expectHealthy(url) {
  const answer = await fetch(`${url}/api/health/ready`)
  if (answer.status !== 200) throw new Error(`${url} is not healthy: ${answer.status} ${await answer.text()}`)
}

async function ask(url, body) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, body && { method: 'POST', headers, body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

async function freePort() {
  const probe = createServer()
  await once(probe.listen(0, '127.0.0.1'), 'listening')
  const { port } = probe.address()
  probe.close()
  return port
}
