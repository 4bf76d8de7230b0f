#!/usr/bin/env node
const least = [22, 18] as const
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Checked before anything else is loaded, also of Node.js itself: an older one has not got all that is imported, and the database driver
// crashes on it without a word. Others say that they are a Node.js too, and have not got all of it either.
const other = ['bun', 'deno'].find((name) => name in process.versions)
if (other !== undefined || major < least[0] || (major === least[0] && minor < least[1])) {
  const name = other === undefined ? '' : `${other} `
  console.error(`engine needs Node.js ${least.join('.')} or newer, this is ${name}${process.versions[other ?? 'node']}.`)
  process.exit(1)
}
const { enableCompileCache } = await import('node:module')
enableCompileCache()
const { main } = await import('./main.ts')
await main(process.argv)
