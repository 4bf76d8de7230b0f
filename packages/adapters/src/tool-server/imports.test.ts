import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

test.each(['process', 'claude-code', 'acp', 'anthropic'])('importing the adapter %s loads nothing of the protocol', (adapter) => {
  const source = `
    import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, next) => (url.includes('@modelcontextprotocol') && console.log(url), next(url, context)) })
    await import('@engine/adapters/${adapter}')`
  const args = ['--conditions=engine-source', '--input-type=module', '--eval', source]
  expect(execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })).toBe('')
})
