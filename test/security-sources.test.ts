import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const read = (file: string) => readFileSync(resolve(root, file), 'utf8')

/** What is published, but for tests and what tests need. */
const sources = globSync('{packages,plugins}/*/src/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !/\.test\.tsx?$|\/fixtures?\b/.test(file),
)

interface Manifest {
  readonly name: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
}

// Written by us, of this shape.
const manifests = globSync('{packages,plugins}/*/package.json', { cwd: root }).map((file) => JSON.parse(read(file)) as Manifest)

const filesWith = (pattern: RegExp) => sources.filter((file) => pattern.test(read(file)))

describe('the sources', () => {
  it('start no shell', () => {
    expect(sources.length).toBeGreaterThan(500)
    expect(filesWith(/shell:\s*(?!false)\w*\s*[,}\n]/).filter((file) => read(file).includes('child_process'))).toEqual([])
    // The lint refuses to import exec and execSync; this is for a namespace.
    expect(filesWith(/child_?[pP]rocess\.exec(Sync)?\(/)).toEqual([])
    expect(read('.oxlintrc.json')).toContain('"importNames": ["exec", "execSync"]')
  })

  it('make SQL of text in migrations only', () => {
    expect(filesWith(/sql\.raw\(/)).toEqual(['packages/core/src/database/migrate.ts', 'packages/core/src/database/plugin-migrations.ts'])
  })
})

describe('what is installed with them', () => {
  // The packages of the lock that others than tools of development need.
  const used = new Set(manifests.flatMap(({ dependencies = {} }) => Object.keys(dependencies)))
  const lock = readLock(read('pnpm-lock.yaml'))

  /** With everything that these need, and so on. */
  function installed(): Set<string> {
    const all = new Set<string>()
    const open = [...lock.keys()].filter((key) => used.has(nameOf(key)))
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (all.has(next)) continue
      all.add(next)
      open.push(...(lock.get(next) ?? []))
    }
    return all
  }

  it('read no archives', () => {
    const names = [...installed()].map(nameOf)
    expect(names.length).toBeGreaterThan(100)
    expect(
      names.filter((name) =>
        /(^|[-/])(adm-zip|extract-zip|yauzl|jszip|unzipper?|node-tar|tar|tar-fs|tar-stream|decompress|7zip-bin)$/.test(name),
      ),
    ).toEqual([])
  })

  it('have few dependencies, at exact versions in the lock, and no script of an installation', () => {
    const core = manifests.find(({ name }) => name === '@engine/core')
    expect(Object.keys(core?.dependencies ?? {}).length).toBeLessThanOrEqual(12)
    for (const { name, scripts = {} } of manifests) {
      const own = Object.keys(scripts).filter((script) => /^(pre|post)?install$|^prepare$/.test(script))
      expect([name, own]).toEqual([name, []])
    }
    for (const name of used) if (!name.startsWith('@engine/')) expect([...lock.keys()].map(nameOf), name).toContain(name)
  })

  it('hold what is installed to the registry and to a week of age', () => {
    const workspace = read('pnpm-workspace.yaml')
    for (const line of ['blockExoticSubdeps: true', 'minimumReleaseAge: 10080', 'ignoredBuiltDependencies:\n  - better-sqlite3'])
      expect(workspace).toContain(line)
    expect(read('pnpm-lock.yaml')).not.toMatch(/resolution: \{tarball: (?!https:\/\/registry\.npmjs\.org)/)
  })
})

/** What each package of a lock depends on, by `name@version`. */
function readLock(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let needs: string[] = []
  for (const line of text.slice(text.indexOf('\nsnapshots:')).split('\n')) {
    const [, key] = /^ {2}'?([^' ]+?)'?:/.exec(line) ?? []
    const [, name, version] = /^ {6}'?([^' ]+?)'?: (\S+)$/.exec(line) ?? []
    if (key !== undefined) found.set(key, (needs = []))
    else if (name !== undefined && version !== undefined) needs.push(`${name}@${version}`)
  }
  return found
}

function nameOf(key: string): string {
  return key.slice(0, key.indexOf('@', 1))
}
