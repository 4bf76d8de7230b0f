import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Packs every package as it would be published. Resolves with their tarballs by name. */
export async function packAll(root, folder, run) {
  mkdirSync(folder, { recursive: true })
  const tarballs = {}
  for (const group of ['packages', 'plugins'])
    for (const name of readdirSync(join(root, group))) {
      const home = join(root, group, name)
      if (!existsSync(join(home, 'package.json'))) continue
      const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
      if (manifest.private) continue
      if (!existsSync(join(home, 'dist'))) throw new Error(`${manifest.name} is not built. Run pnpm build first.`)
      await run('pnpm', ['pack', '--pack-destination', folder], home)
      tarballs[manifest.name] = join(folder, `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
    }
  return tarballs
}
