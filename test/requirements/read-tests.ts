import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { declaredTests, type DeclaredTest } from './named-tests.ts'

const root = resolve(import.meta.dirname, '../..')
const read = new Map<string, DeclaredTest[] | null>()

/** The tests of a file of this repository, by its path from the top; null where there is no such file. */
export function testsOf(file: string): DeclaredTest[] | null {
  const path = resolve(root, file)
  if (!read.has(file)) read.set(file, existsSync(path) ? declaredTests(file, readFileSync(path, 'utf8')) : null)
  return read.get(file) ?? null
}
