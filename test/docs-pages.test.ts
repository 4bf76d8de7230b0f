// What the pages say of this repository is so.
import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')

describe('the documentation', () => {
  it('names each page in its index', () => {
    const pages = globSync('docs/{*,reference/*}.md', { cwd: root })
      .map((path) => path.slice('docs/'.length))
      .filter((path) => path !== 'README.md')
    const index = read('docs/README.md')
    expect(pages.filter((page) => !index.includes(`](${page})`))).toEqual([])
  })

  it('says in the architecture which packages there are, no fewer and no more', () => {
    const said = [...read('docs/ARCHITECTURE.md').matchAll(/^\| `((?:packages|plugins)\/[\w-]+)` +\|/gm)].map(([, name]) => name)
    const present = globSync('{packages,plugins}/*/package.json', { cwd: root }).map((path) => path.replace('/package.json', ''))
    expect(new Set(said)).toEqual(new Set(present))
  })

  it('sets up a server by variables that it has, and by flags that commands of it have', () => {
    const page = read('docs/deploy.md')
    const sources = globSync('packages/cli/src/**/*.ts', { cwd: root }).map(read).join('\n')
    const named = new Set(page.match(/\bENGINE_[A-Z_]+\b|--data-dir\b/g))
    expect(named.size).toBeGreaterThan(4)
    expect([...named].filter((name) => !sources.includes(name))).toEqual([])
  })

  it('names each example in the list of examples', () => {
    const folders = globSync('examples/*/package.json', { cwd: root }).map((path) => path.split('/')[1] ?? '')
    const index = read('examples/README.md')
    expect(folders.filter((folder) => !index.includes(`](${folder}/`))).toEqual([])
  })

  it('promises exactly once of state and of calls alone, since what happens elsewhere is at least once', () => {
    const pages = globSync(['README.md', 'docs/**/*.md', '{packages,plugins,examples}/*/{README,docs}.md'], { cwd: root })
    expect(pages.length).toBeGreaterThan(60)
    const said = pages.flatMap((page) =>
      read(page)
        .split('\n')
        .filter((line) => /exactly[- ]once/i.test(line))
        .map((line) => `${page}: ${line}`),
    )
    expect(said.filter((line) => !/\bstate\b|\bhold exactly once\b/i.test(line))).toEqual([])
  })
})
