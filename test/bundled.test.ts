// Programs that bundle Engine's packages into a file of their own.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { build } from 'tsup'
import { expect, it } from 'vitest'

import { temporaryFolder } from './support/files.ts'

const versions = { core: 'src/version.ts', mcp: 'src/about.ts' }

it.each(Object.entries(versions))('of %s know its version, and not take that of the program for it', async (name, file) => {
  const home = new URL(`../packages/${name}/`, import.meta.url)
  const { version } = JSON.parse(readFileSync(new URL('package.json', home), 'utf8')) as { version: string }
  const program = temporaryFolder()
  writeFileSync(join(program, 'package.json'), '{ "type": "module", "version": "9.9.9" }')
  const entry = { main: fileURLToPath(new URL(file, home)) }
  await build({ entry, outDir: join(program, 'dist'), format: 'esm', config: false, silent: true })
  expect(JSON.stringify(await import(pathToFileURL(join(program, 'dist/main.js')).href))).toContain(`"${version}"`)
})
