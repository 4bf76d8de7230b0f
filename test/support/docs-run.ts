import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { afterAll } from 'vitest'

import { blocksOf } from './docs-code.ts'

const root = resolve(import.meta.dirname, '../..')
const artefacts = join(root, 'test', 'artefacts')

/** Runs blocks of a page as one module, as they stand there: those that have one of these texts. @returns what it exports */
export async function runBlocks(page: string, having: readonly string[]): Promise<Record<string, unknown>> {
  const blocks = blocksOf(readFileSync(join(root, page), 'utf8'), page)
  const code = having.map((text) => {
    const found = blocks.filter((block) => block.code.includes(text))
    if (found.length !== 1) throw new Error(`${page} has ${found.length} blocks with "${text}"`)
    return found[0]?.code ?? ''
  })
  // Inside of the workspace, where its packages are found.
  mkdirSync(artefacts, { recursive: true })
  const folder = mkdtempSync(join(artefacts, 'docs-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'sample.ts')
  writeFileSync(file, code.join('\n'))
  return (await import(file)) as Record<string, unknown>
}
