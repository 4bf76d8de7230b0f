import type { InputOf } from '../../data/operations.ts'

export type PackageFiles = InputOf<'companies.previewImport'>['files']

/** A package as one file. Pure. */
export function writePackageFile(files: PackageFiles): string {
  return JSON.stringify({ engine: 'company-package', files }, null, 2)
}

/** What was chosen: one file that holds a package, or the files of a folder. @throws for what is neither */
export function readPackage(chosen: readonly { readonly path: string; readonly text: string }[]): PackageFiles {
  const [only] = chosen
  if (chosen.length === 1 && only?.path.endsWith('.json')) return readPackageFile(only.text)
  if (chosen.length === 0) throw new Error('Choose the file of a package, or all files of its folder.')
  // A browser names the folder that was chosen too.
  const isInFolder = chosen.every(({ path }) => path.includes('/'))
  return chosen.map(({ path, text }) => ({ path: isInFolder ? path.slice(path.indexOf('/') + 1) : path, content: text }))
}

function readPackageFile(text: string): PackageFiles {
  const wrong = new Error('This file holds no package of a company: it was not exported here.')
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    throw wrong
  }
  if (typeof read !== 'object' || read === null || !('files' in read) || !Array.isArray(read.files)) throw wrong
  const files: unknown[] = read.files
  return files.map((file) => {
    if (typeof file !== 'object' || file === null || !('path' in file) || !('content' in file)) throw wrong
    return { path: String(file.path), content: String(file.content) }
  })
}
