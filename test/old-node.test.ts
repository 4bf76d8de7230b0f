// What people see who have an older Node.js than the programs need.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { expect, it } from 'vitest'

/** As on Node.js 20: it says so, and its own modules have not got what came later. */
const asOldNode = `
  import { registerHooks } from 'node:module'
  Object.defineProperty(process.versions, 'node', { value: '20.20.2' })
  const isOld = (specifier, { parentURL = '' }) => specifier.startsWith('node:') && parentURL.startsWith('file:')
  const resolve = (specifier, context, next) =>
    isOld(specifier, context) ? { url: 'data:text/javascript,export default {}', format: 'module', shortCircuit: true } : next(specifier, context)
  registerHooks({ resolve })
`

it.each([
  ['engine', 'packages/cli/src/bin.ts'],
  ['create-engine-app', 'packages/create-engine-app/src/bin.ts'],
])('%s says which Node.js it needs, before it loads anything that an older one has not got', (name, file) => {
  const bin = fileURLToPath(new URL(`../${file}`, import.meta.url))
  const args = ['--conditions=engine-source', '--import', `data:text/javascript,${encodeURIComponent(asOldNode)}`, bin, '--version']
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } })
  expect([status, stderr]).toEqual([1, `${name} needs Node.js 22.18 or newer, this is 20.20.2.\n`])
})

it.each(['bun', 'deno'])('engine says so on %s too, which passes for a Node.js', (other) => {
  const bin = fileURLToPath(new URL('../packages/cli/src/bin.ts', import.meta.url))
  const asOther = `Object.defineProperty(process.versions, '${other}', { value: '1.4.5' })`
  const args = ['--conditions=engine-source', '--import', `data:text/javascript,${encodeURIComponent(asOther)}`, bin, '--version']
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH: process.env['PATH'] } })
  expect([status, stderr]).toEqual([1, `engine needs Node.js 22.18 or newer, this is ${other} 1.4.5.\n`])
})
