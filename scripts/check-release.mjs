// Makes the next release of a copy of this repository, as far as files go: every package gets one and the same version, and those that
// changed a changelog. Nothing here is touched, and nothing is published.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const copy = mkdtempSync(join(tmpdir(), 'engine-release-'))
try {
  execFileSync('git', ['clone', '--quiet', '--shared', root, copy])
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  const changesets = globSync('.changeset/*.md', { cwd: copy }).filter((file) => !file.endsWith('README.md'))
  execFileSync(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], { cwd: copy, stdio: 'pipe' })
  const released = globSync('packages/*/package.json', { cwd: copy }).map((file) => {
    const { name, version } = JSON.parse(readFileSync(join(copy, file), 'utf8'))
    return { name, version, hasChangelog: existsSync(join(copy, file, '../CHANGELOG.md')) }
  })
  const versions = new Set(released.map(({ version }) => version))
  const left = globSync('.changeset/*.md', { cwd: copy }).filter((file) => !file.endsWith('README.md'))
  const silent = released.filter(({ hasChangelog }) => !hasChangelog).map(({ name }) => name)
  if (versions.size !== 1) throw new Error(`the packages would have different versions: ${[...versions].join(', ')}`)
  if (changesets.length > 0 && left.length > 0) throw new Error(`changesets would be left: ${left.join(', ')}`)
  if (changesets.length > 0 && silent.length > 0) throw new Error(`no changelog would be written for ${silent.join(', ')}`)
  console.log(`${changesets.length} changesets make ${released.length} packages of version ${[...versions].join()}`)
} finally {
  rmSync(copy, { recursive: true })
}
