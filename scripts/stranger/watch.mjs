import { spawn } from 'node:child_process'

/** Runs and times what a stranger does. */
export function createWatch() {
  const rows = []
  const notes = []
  return {
    /** What fails ends the whole, with all that it said. */
    run,
    say: (note) => void notes.push(note),
    async time(who, step, work) {
      const startedAt = performance.now()
      const result = await work()
      const seconds = (performance.now() - startedAt) / 1000
      rows.push({ who, step, seconds })
      console.log(`${who.padEnd(20)}${step.padEnd(26)}${seconds.toFixed(1).padStart(7)} s`)
      return result
    },
    print() {
      console.log()
      for (const who of new Set(rows.map((row) => row.who))) {
        const seconds = rows.filter((row) => row.who === who).reduce((sum, row) => sum + row.seconds, 0)
        console.log(`${who.padEnd(20)}${'in all'.padEnd(26)}${seconds.toFixed(1).padStart(7)} s`)
      }
      for (const note of notes) console.log(note)
    },
  }
}

async function run(file, args, cwd) {
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: strangerEnvironment() })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk))
  const { promise, resolve, reject } = Promise.withResolvers()
  child.on('error', reject)
  child.on('close', (code) =>
    code === 0 ? resolve(said) : reject(new Error(`${file} ${args.join(' ')} in ${cwd} ended with ${code}:\n${said}`)),
  )
  return promise
}

/** Nothing of whoever runs this: no conditions, no variables of a script of this workspace. */
export function strangerEnvironment() {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(npm_(package|lifecycle|command|execpath|config_user_agent)|NODE_OPTIONS|INIT_CWD)/i.test(name),
  )
  return Object.fromEntries(kept)
}
