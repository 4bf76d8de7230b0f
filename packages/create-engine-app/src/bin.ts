#!/usr/bin/env node
const least = [22, 18] as const
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Checked before anything else is loaded: what it makes does not run on an older one either.
if (major < least[0] || (major === least[0] && minor < least[1])) {
  console.error(`create-engine-app needs Node.js ${least.join('.')} or newer, this is ${process.versions.node}.`)
  process.exit(1)
}
const { main } = await import('./main.ts')
process.exitCode = await main(process.argv.slice(2), process.env)
