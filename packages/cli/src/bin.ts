#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

const least = [22, 18] as const
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Checked before anything else is loaded: on an older Node.js the database driver crashes without a word.
if (major < least[0] || (major === least[0] && minor < least[1])) {
  console.error(`engine needs Node.js ${least.join('.')} or newer, this is ${process.versions.node}.`)
  process.exit(1)
}
enableCompileCache()
const { main } = await import('./main.ts')
await main(process.argv)
