// Every check, one after the other, each named as in package.json. All run even when one fails; the output of those that fail is shown.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const steps = [
  ['format:check'],
  ['lint'],
  ['types'],
  ['dead-code'],
  ['duplicates'],
  ['build'],
  ['packages:check'],
  // What the manifests promise: the tests run on the newest Node otherwise.
  ['oldest-node'],
  // One of the four: the rest takes minutes more.
  ['stranger', '--template', 'adapter-plugin'],
  ['schema:generate', '--check'],
  ['docs:generate', '--check'],
  ['reliability', '--check'],
  ['docs:api', '--emit', 'none'],
  ['release:check'],
]

const results = steps.map(runStep)
const width = Math.max(...results.map(({ title }) => title.length))
console.log()
for (const { title, isPassed, seconds } of results) {
  console.log(`${title.padEnd(width)}  ${isPassed ? 'passed' : 'FAILED'}  ${seconds.toFixed(1).padStart(6)} s`)
}
process.exitCode = results.every(({ isPassed }) => isPassed) ? 0 : 1

function runStep([script, ...args]) {
  const title = [script, ...args].join(' ')
  const startedAt = performance.now()
  const { status, error, stdout, stderr } = spawnSync('pnpm', ['run', script, ...args], { cwd: root, encoding: 'utf8' })
  const seconds = (performance.now() - startedAt) / 1000
  const isPassed = status === 0
  if (error?.code === 'ENOENT') console.error('there is no pnpm on PATH; node scripts/bootstrap.mjs check brings its own')
  if (!isPassed) console.log(`\n--- ${title} failed\n${stdout ?? ''}${stderr ?? ''}`)
  return { title, isPassed, seconds }
}
