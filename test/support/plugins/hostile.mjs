// Everything that a plugin may do wrong, each under a name of its own.
import { Buffer } from 'node:buffer'
import { closeSync, writeSync } from 'node:fs'
import process from 'node:process'

const forever = () => {
  for (;;);
}

/** Writes all of it to the host, also when that takes its time to read: a full pipe refuses, and takes more a moment later. */
function press(text) {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(1, bytes, written)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}

let answeredLater

const attacks = {
  throw: () => {
    throw new Error('no')
  },
  rejectLater: () => {
    setTimeout(() => void Promise.reject(new Error('later')), 10)
    return new Promise(() => undefined)
  },
  exit: () => process.exit(3),
  abort: () => process.abort(),
  loop: forever,
  blockLong: () => {
    const until = Date.now() + 10_000
    while (Date.now() < until);
    return 'late'
  },
  heap: () => {
    const kept = []
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })))
  },
  arrayBuffer: async () => {
    const kept = []
    for (;;) {
      kept.push(Buffer.alloc(8 * 1024 * 1024, 1))
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  },
  fileDescriptors: async () => {
    const { openSync } = await import('node:fs')
    for (;;) openSync('/etc/passwd', 'r')
  },
  fork: async () => {
    const { spawn } = await import('node:child_process')
    for (;;) spawn(process.execPath, ['-e', '0'])
  },
  flood: () => {
    for (let index = 0; index < 100_000; index += 1) press('{"pong":1}\n')
    return new Promise(() => undefined)
  },
  longMessage: () => {
    const piece = 'x'.repeat(1024 * 1024)
    for (let index = 0; index < 100; index += 1) press(piece)
    return new Promise(() => undefined)
  },
  brokenPipe: () => {
    // It would end with its input; so the host writes to what nobody reads any more.
    process.exit = () => undefined
    process.stdin.destroy()
    closeSync(0)
    writeSync(1, '{"call":1,"val')
    return new Promise((resolve) => setTimeout(resolve, 60_000))
  },
  prototype: () => JSON.parse('{"__proto__":{"isPolluted":true},"constructor":{"prototype":{"isPolluted":true}}}'),

  // Beside the fourteen: what a plugin would do to get out.
  killHost: () => process.kill(process.ppid, 'SIGKILL'),
  wakeInspector: () => process._debugProcess(process.ppid),
  readEnvironment: () => Object.keys(process.env).join(' '),
  readFiles: async () => (await import('node:fs')).readFileSync('/etc/passwd', 'utf8'),
  connect: async () => (await import('node:net')).connect(80, '127.0.0.1'),
  requireConnect: async () => (await import('node:module')).createRequire(import.meta.url)('node:net'),
  builtin: () => process.getBuiltinModule('node:net'),
  fetch: () => globalThis.fetch('http://127.0.0.1:1/'),
  evaluate: () => Reflect.construct(forever.constructor, ['return 1'])(),
  otherCompany: (context, { other }) => context.engine('tasks.list', { companyId: other }),
  ungranted: (context) => context.engine('labels.create', { companyId: context.companyId, name: 'mine' }),
  // Asks when its call is over, while another one is under way.
  askLater: (context) => {
    const asked = new Promise((resolve) => setTimeout(resolve, 100)).then(() =>
      context.engine('tasks.list', { companyId: context.companyId }),
    )
    answeredLater = asked.then(
      () => 'answered',
      (error) => String(error?.code),
    )
    return 'over'
  },
  hearLater: () => answeredLater,
  otherHost: (context) => context.fetch('https://example.com/'),
}

export default {
  operations: {
    attack: (context, { how, other }) => attacks[how](context, { other }),
    tasks: (context) => context.engine('tasks.list', { companyId: context.companyId }),
    answer: (_, { number }) => number,
  },
  subscribe: {
    heard: (context, event) => context.state.set('heard', event.data.name),
  },
}
