import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

/** The packages of the protocol that a module loads, in a process of its own. */
function protocolLoadedBy(specifier: string): string[] {
  const source = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
    await import('${specifier}')
    console.log(JSON.stringify(urls))`
  const output = execFileSync(process.execPath, ['--conditions=engine-source', '--input-type=module', '--eval', source], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // What the program printed is a list of addresses.
  const urls = JSON.parse(output) as string[]
  return [...new Set(urls.flatMap((url) => /@modelcontextprotocol\/(\w+)\//.exec(url)?.[1] ?? []))].toSorted()
}

test.each(['@engine/core', '@engine/core/plugin', '@engine/core/contract'])('importing %s loads nothing of the protocol', (specifier) => {
  expect(protocolLoadedBy(specifier)).toEqual([])
})

test('what serves clients loads no client, and what asks a server does', () => {
  expect(protocolLoadedBy('@engine/mcp')).toEqual(['core', 'server'])
  expect(protocolLoadedBy('./bridge.ts')).toEqual(['client', 'core', 'server'])
})
