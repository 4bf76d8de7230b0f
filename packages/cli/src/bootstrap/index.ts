import { messageOf } from '../failure.ts'
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'

import type { Engine } from '@engine/core'

import { readPackageFolder, type PackageFile } from '../package-folder.ts'
import { applyBootstrap } from './apply.ts'
import { readBootstrap } from './file.ts'
import { keyOf, planBootstrap } from './plan.ts'

/** Makes what a server is to have when it starts. @returns how many things it made */
export type Bootstrap = (engine: Engine) => Promise<number>

const mostBytes = 1024 * 1024

/**
 * Reads a file of YAML, or the folder of a package (docs/bootstrap.md).
 * @throws with each line that is wrong, before anything is opened
 */
export async function openBootstrap(path: string): Promise<Bootstrap> {
  const found = await stat(path).catch(() => null)
  if (!found) throw new Error(`--bootstrap (or ENGINE_BOOTSTRAP): there is no file or folder ${path}.`)
  if (found.isDirectory()) return importOnce(path, await readPackageFolder(path))
  if (found.size > mostBytes) throw new Error(`--bootstrap (or ENGINE_BOOTSTRAP): ${path} is larger than 1 MiB.`)
  const file = readBootstrap(await readFile(path, 'utf8'), basename(path))
  const plans = planBootstrap(file)
  return (engine) => applyBootstrap(plans, { engine, file, environment: process.env })
}

/** A package becomes a company where none is called as it is: what became of that one since stays. */
function importOnce(path: string, files: readonly PackageFile[]): Bootstrap {
  return async (engine) => {
    const { name, hash, items } = await engine.companies.previewImport({ files: [...files] }).catch((error: unknown) => {
      throw new Error(`${path}: ${messageOf(error)}`, { cause: error })
    })
    for (let cursor: string | undefined; ;) {
      const page = await engine.companies.list({ limit: 100, ...(cursor && { cursor }) })
      if (page.items.some((company) => keyOf(company.name) === keyOf(name))) return 0
      if (page.nextCursor === null) break
      cursor = page.nextCursor
    }
    await engine.companies.import({ files: [...files], hash }, { idempotencyKey: `bootstrap package ${hash}` })
    return items.length + 1
  }
}
