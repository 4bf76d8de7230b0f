// npm start, npm test and the continuous build begin here, on whatever Node a machine has (18 or newer).
// When that Node or its pnpm does not fit, both are fetched once through npx, and their binaries are then started directly,
// so that no layer stands between this process and the server.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildIsCurrent, forgetBuild, rememberBuild } from './build-stamp.mjs'

const NODE_FLOOR = [22, 18]
const NODE_VERSION = '24.21.0'
const PNPM_MAJOR = '10.'
const PNPM_VERSION = '10.34.9'
/** Ctrl-C reaches this process from the terminal and once more from npm: within this time both are one wish. */
const SIGNAL_ECHO_MS = 500
const PARENT_WATCH_MS = 1000

const root = fileURLToPath(new URL('..', import.meta.url))
const stopWithParent = new URL('./stop-with-parent.mjs', import.meta.url).href

const commands = { start, test, check }
const [name, ...args] = process.argv.slice(2)
const children = new Set()
let stopSignal = null

forwardSignals()
stopWithNpm()
try {
  if (!Object.hasOwn(commands, name ?? '')) fail('usage: node scripts/bootstrap.mjs start|test|check [arguments]', 2)
  process.exitCode = await commands[name](await findTools())
} catch (error) {
  console.error(`engine: ${error.message}`)
  process.exitCode = error.exitCode ?? 1
}

async function start(tools) {
  await install(tools)
  await build(tools)
  // Its own process group: a signal reaches the server once, from here. The preload stops it when this process is killed outright.
  const server = [`--import=${stopWithParent}`, join(root, 'packages/cli/dist/bin.js'), 'serve', ...args]
  return run(tools.node, server, { env: tools.env, detached: true, stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
}

async function test(tools) {
  await install(tools)
  return run(tools.node, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], { env: tools.env, stdio: 'inherit' })
}

async function check(tools) {
  await install(tools)
  return run(tools.node, [join(root, 'scripts/check.mjs'), ...args], { env: tools.env, stdio: 'inherit' })
}

/** The build needs the development dependencies too, whatever NODE_ENV says. */
function install(tools) {
  const flags = ['--frozen-lockfile', '--prod=false', '--config.confirmModulesPurge=false']
  return quietStep('Installing dependencies', () => capture(tools.pnpm, ['install', ...flags], tools.env))
}

async function build(tools) {
  if (buildIsCurrent(root)) return
  forgetBuild(root)
  await quietStep('Building packages', () => capture(tools.pnpm, ['run', 'build'], tools.env))
  rememberBuild(root)
}

/** One line when all goes well, the whole output when it does not. */
async function quietStep(title, work) {
  const startedAt = Date.now()
  process.stdout.write(`${title} …`)
  const { code, output } = await work()
  process.stdout.write(code === 0 ? ` done (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n` : ' failed\n')
  if (code === 0) return
  process.stderr.write(output)
  fail(`${title.toLowerCase()} failed; its output is above`, code)
}

async function findTools() {
  return (await presentTools()) ?? (await fetchedTools())
}

async function presentTools() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isNodeFit = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])
  if (!isNodeFit) return null
  const { code, stdout } = await capture('pnpm', ['--version'], process.env)
  return code === 0 && stdout.startsWith(PNPM_MAJOR) ? { node: process.execPath, pnpm: 'pnpm', env: process.env } : null
}

async function fetchedTools() {
  const packages = ['-p', `node@${NODE_VERSION}`, '-p', `pnpm@${PNPM_VERSION}`]
  const found = await capture('npx', ['-y', ...packages, '-c', 'node -p process.execPath && command -v pnpm'], process.env)
  const [node, pnpm] = found.stdout.trim().split('\n')
  if (found.code !== 0 || !node || !pnpm) fail(fetchProblem(found))
  return { node, pnpm, env: { ...process.env, PATH: [dirname(pnpm), process.env.PATH].join(delimiter) } }
}

function fetchProblem({ isMissing, output }) {
  const wanted = `Node ${NODE_VERSION} and pnpm ${PNPM_VERSION}`
  const instead = `install Node >= ${NODE_FLOOR.join('.')} and pnpm ${PNPM_VERSION}, then run this again`
  if (isMissing) return `Node ${process.versions.node} is not enough and there is no npx to fetch ${wanted}; ${instead}`
  const code = /npm (?:error|ERR!) code (\S+)/.exec(output)?.[1] ?? 'npx failed'
  return `could not fetch ${wanted} (${code}: is the network there?); ${instead}`
}

/** Runs a program to its end without showing it. Being told to stop meanwhile ends this process too. */
async function capture(file, fileArgs, env) {
  let output = ''
  let stdout = ''
  let isMissing = false
  const child = launch(file, fileArgs, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    output += chunk
  })
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  child.on('error', (error) => {
    isMissing = error.code === 'ENOENT'
    output += `${error.message}\n`
  })
  const code = await ended(child)
  if (stopSignal !== null) process.exit(128 + constants.signals[stopSignal])
  return { code, output, stdout, isMissing }
}

function run(file, fileArgs, options) {
  return ended(launch(file, fileArgs, options))
}

function launch(file, fileArgs, options) {
  const child = spawn(file, fileArgs, { cwd: root, ...options })
  children.add(child)
  return child
}

/** The exit code as a shell counts it. */
async function ended(child) {
  const code = await new Promise((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (exitCode, signal) => resolve(exitCode ?? 128 + constants.signals[signal]))
  })
  children.delete(child)
  return code
}

function forwardSignals() {
  const lastSeenAt = {}
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const isEcho = Date.now() - (lastSeenAt[signal] ?? 0) < SIGNAL_ECHO_MS
      lastSeenAt[signal] = Date.now()
      if (!isEcho) stop(signal)
    })
  }
}

/** npm passes signals on, except the one that kills it outright. */
function stopWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return
  const npm = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === npm) return
    clearInterval(watch)
    stop('SIGTERM')
  }, PARENT_WATCH_MS)
  watch.unref()
}

function stop(signal) {
  stopSignal = signal
  if (children.size === 0) process.exit(128 + constants.signals[signal])
  for (const child of children) child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
}

function fail(message, exitCode = 1) {
  throw Object.assign(new Error(message), { exitCode })
}
